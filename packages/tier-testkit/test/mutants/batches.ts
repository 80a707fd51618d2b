import { type CacheEntry, CacheValidationError } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const batchMutants: readonly Mutant[] = [
  plant(
    'get-many-with-holes',
    'Gives undefined in getMany for what it did not find.',
    ['batches', 'finds exactly the requested entries in getMany'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        return new Map(keys.map((key) => [key, this.get(key)!]));
      }
    },
  ),
  plant(
    'get-many-shows-expired',
    'Gives expired entries in getMany.',
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
    'Looks at the first 500 keys of a getMany.',
    ['batches', 'handles a batch of 2000 entries'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        return super.getMany(keys.slice(0, 500));
      }
    },
  ),
  plant(
    'get-many-counts-keys',
    'Counts a key that getMany was given twice as two hits.',
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
    'Stores the first 1,000 entries of a putMany.',
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
    'Of two entries of one key in a putMany it keeps the first.',
    ['batches', 'keeps the last entry of putMany for a repeated key'],
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return super.putMany([...entries].reverse()).reverse();
      }
    },
  ),
  plant(
    'put-many-half-done',
    'A putMany with a wrong entry in it stores those before it.',
    ['arguments', 'stores nothing of a putMany that contains an invalid entry'],
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return entries.map((entry) => this.put(entry?.key, entry));
      }
    },
  ),
  plant(
    'delete-many-reversed',
    'Answers a deleteMany in reverse order.',
    ['batches', 'returns the results of deleteMany in the order of its keys'],
    class extends MapTier {
      override deleteMany(keys: readonly string[]): boolean[] {
        return super.deleteMany(keys).reverse();
      }
    },
  ),
  plant(
    'delete-many-counts-twice',
    'deleteMany says true twice of a key that it was given twice.',
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
    'A deleteMany takes the keys out of the array that it is given.',
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
    'A putMany sorts the array that it is given.',
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
    'Throws a TypeError for a key that is no text.',
    ['arguments', 'refuses a value that is not a key in get'],
    class extends MapTier {
      override checkKey(key: unknown): void {
        if (typeof key !== 'string') throw new TypeError('key must be a string');
      }
    },
  ),
  plant(
    'any-key-goes',
    'Takes a key that is no text for its text.',
    ['arguments', 'refuses a value that is not a key in get'],
    class extends MapTier {
      override checkKey(): void {}
      protected override keyOf(key: string): string {
        return String(key);
      }
    },
  ),
  plant(
    'empty-key-taken',
    'Stores an entry under the empty key.',
    ['arguments', 'refuses a value that is not a key in put'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: unknown): void {
        if (key !== '') super.checkEntry(key, entry);
      }
    },
  ),
  plant(
    'foreign-key-taken',
    'Stores an entry under another key than its own.',
    ['arguments', 'refuses a put whose key differs from the key of the entry'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: CacheEntry): void {
        super.checkEntry(typeof key === 'string' && key !== '' ? entry?.key : key, entry);
      }
    },
  ),
  plant(
    'plain-object-taken',
    'Stores a plain object that looks like an entry.',
    ['arguments', 'refuses a value that is not an entry in put'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: CacheEntry): void {
        if (typeof entry !== 'object' || entry?.key !== key) super.checkEntry(key, entry);
      }
    },
  ),
  plant(
    'nameless-refusal',
    'Refuses a wrong argument without saying which one.',
    ['arguments', 'names the invalid argument in the error'],
    class extends MapTier {
      protected override refuse(): never {
        throw new CacheValidationError('wrong argument');
      }
    },
  ),
  plant(
    'refusal-counts-as-failure',
    'Counts a wrong argument as a failure of the store.',
    ['arguments', 'refuses a value that is not an entry in put'],
    class extends MapTier {
      protected override refuse(path: string, message: string): never {
        this.handleFailure(new TypeError(message));
        return super.refuse(path, message);
      }
    },
  ),
];
