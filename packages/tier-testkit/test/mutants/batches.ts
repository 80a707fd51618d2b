import { type CacheEntry, CacheValidationError } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const batchMutants: readonly Mutant[] = [
  plant(
    'get-many-with-holes',
    'Returns undefined values in the Map of getMany for missing keys.',
    ['batches', 'finds exactly the requested entries in getMany'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        return new Map(keys.map((key) => [key, this.get(key)!]));
      }
    },
  ),
  plant(
    'get-many-shows-expired',
    'Returns expired entries from getMany.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        const rows = keys.flatMap((key) => this.rows.get(key) ?? []);
        return new Map(rows.map(({ entry }) => [entry.key, entry]));
      }
    },
  ),
  plant(
    'get-many-in-pages',
    'Reads only the first 500 keys of a getMany.',
    ['batches', 'handles a batch of 2000 entries'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        return super.getMany(keys.slice(0, 500));
      }
    },
  ),
  plant(
    'get-many-counts-keys',
    'Counts a repeated key of getMany as two hits.',
    ['batches', 'counts a repeated key of getMany once'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        const found = super.getMany(keys);
        for (let extra = keys.length - new Set(keys).size; extra > 0; extra--) this.countHit();
        return found;
      }
    },
  ),
  plant(
    'put-many-in-pages',
    'Stores only the first 1,000 entries of a putMany.',
    ['batches', 'handles a batch of 2000 entries'],
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        const stored = super.putMany(entries.slice(0, 1000));
        return entries.map((_, at) => stored[at] ?? true);
      }
    },
  ),
  plant(
    'put-many-keeps-the-first',
    'Keeps the first of two entries for one key in putMany.',
    ['batches', 'keeps the last entry of putMany for a repeated key'],
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return super.putMany([...entries].reverse()).reverse();
      }
    },
  ),
  plant(
    'put-many-half-done',
    'Stores the entries before an invalid one in putMany.',
    ['arguments', 'stores nothing of a putMany that contains an invalid entry'],
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return entries.map((entry) => this.put(entry?.key, entry));
      }
    },
  ),
  plant(
    'delete-many-reversed',
    'Returns the results of deleteMany in reverse order.',
    ['batches', 'returns the results of deleteMany in the order of its keys'],
    class extends MapTier {
      override deleteMany(keys: readonly string[]): boolean[] {
        return super.deleteMany(keys).reverse();
      }
    },
  ),
  plant(
    'delete-many-counts-twice',
    'deleteMany returns true twice for a repeated key.',
    ['batches', 'returns the results of deleteMany in the order of its keys'],
    class extends MapTier {
      override deleteMany(keys: readonly string[]): boolean[] {
        const there = new Set(keys.filter((key) => this.has(key)));
        super.deleteMany(keys);
        return keys.map((key) => there.has(key));
      }
    },
  ),
  plant(
    'batch-empties-its-input',
    'Empties the array passed to deleteMany.',
    ['aliasing', 'leaves the lists passed to it unchanged'],
    class extends MapTier {
      override deleteMany(keys: string[]): boolean[] {
        const answers: boolean[] = [];
        while (keys.length > 0) answers.push(this.delete(keys.shift()!));
        return answers;
      }
    },
  ),
  plant(
    'batch-sorts-its-input',
    'Sorts the array passed to putMany.',
    ['aliasing', 'leaves the lists passed to it unchanged'],
    class extends MapTier {
      override putMany(entries: CacheEntry[]): boolean[] {
        const answers = super.putMany(entries);
        entries.sort((a, b) => (a.key < b.key ? -1 : 1));
        return answers;
      }
    },
  ),
];

export const argumentMutants: readonly Mutant[] = [
  plant(
    'type-error-for-a-key',
    'Throws a TypeError for a key that is not a string.',
    ['arguments', 'refuses a value that is not a key in get'],
    class extends MapTier {
      override checkKey(key: unknown): void {
        if (typeof key !== 'string') throw new TypeError('key must be a string');
      }
    },
  ),
  plant(
    'key-coerced-to-string',
    'Converts a key that is not a string to a string.',
    ['arguments', 'refuses a value that is not a key in get'],
    class extends MapTier {
      override checkKey(): void {}
      protected override keyOf(key: string): string {
        return String(key);
      }
    },
  ),
  plant(
    'empty-key-accepted',
    'Stores an entry under the empty key.',
    ['arguments', 'refuses a value that is not a key in put'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: unknown): void {
        if (key !== '') super.checkEntry(key, entry);
      }
    },
  ),
  plant(
    'foreign-key-accepted',
    'Stores an entry under a key other than its own.',
    ['arguments', 'refuses a put whose key differs from the key of the entry'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: CacheEntry): void {
        super.checkEntry(typeof key === 'string' && key !== '' ? entry?.key : key, entry);
      }
    },
  ),
  plant(
    'plain-object-accepted',
    'Stores a plain object that looks like an entry.',
    ['arguments', 'refuses a value that is not an entry in put'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: CacheEntry): void {
        if (typeof entry !== 'object' || entry?.key !== key) super.checkEntry(key, entry);
      }
    },
  ),
  plant(
    'unnamed-argument-in-error',
    'Does not name the invalid argument in the error.',
    ['arguments', 'names the invalid argument in the error'],
    class extends MapTier {
      protected override refuse(): never {
        throw new CacheValidationError('wrong argument');
      }
    },
  ),
  plant(
    'refusal-counts-as-failure',
    'Counts an invalid argument as a failure of the store.',
    ['arguments', 'refuses a value that is not an entry in put'],
    class extends MapTier {
      protected override refuse(path: string, message: string): never {
        this.handleFailure(new TypeError(message));
        return super.refuse(path, message);
      }
    },
  ),
];
