import type { CacheEntry, RemovalReason } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** A tier that stores an entry under a string derived from its key. */
function keyedBy(keyOf: (key: string) => string) {
  class KeyedTier extends MapTier {
    protected override keyOf(key: string): string {
      return keyOf(key);
    }
  }
  return KeyedTier;
}

/** A tier that changes the key of every stored entry. */
function rekeyedBy(keyOf: (key: string) => string) {
  class RekeyedTier extends MapTier {
    protected override keyOf(key: string): string {
      return keyOf(key);
    }
    protected override takeIn(entry: CacheEntry): CacheEntry {
      return entry.with({ key: keyOf(entry.key) || 'empty' });
    }
  }
  return RekeyedTier;
}

export const keyMutants: readonly Mutant[] = [
  plant(
    'lower-cased-keys',
    'Stores keys in lower case.',
    ['hostile keys', 'distinguishes keys that differ only in case'],
    keyedBy((key) => key.toLowerCase()),
  ),
  plant(
    'truncated-keys',
    'Truncates keys at 255 characters.',
    ['hostile keys', 'distinguishes keys that differ only after many characters'],
    keyedBy((key) => key.slice(0, 255)),
  ),
  plant(
    'trimmed-keys',
    'Trims keys.',
    ['hostile keys', 'distinguishes keys that differ only in white space'],
    keyedBy((key) => key.trim()),
  ),
  plant(
    'normalised-keys',
    'Normalises keys to Unicode normal form C.',
    ['hostile keys', 'distinguishes keys that differ only in normal form'],
    keyedBy((key) => key.normalize('NFC')),
  ),
  plant(
    'ascii-keys',
    'Drops characters outside ASCII from keys.',
    ['hostile keys', 'distinguishes keys that differ only outside ASCII'],
    rekeyedBy((key) => key.replace(/\P{ASCII}/gu, '?')),
  ),
  plant(
    'keys-end-at-nul',
    'Ends a key at a NUL, as C does.',
    ['hostile keys', 'distinguishes keys that differ only in a NUL or what follows it'],
    keyedBy((key) => key.split('\0', 1)[0]!),
  ),
  plant(
    'keys-end-at-newline',
    'Ends a key at a newline.',
    ['hostile keys', 'distinguishes keys that differ only in white space'],
    keyedBy((key) => key.split('\n', 1)[0]!),
  ),
  plant(
    'keys-as-file-names',
    'Uses a key as a file name, and loses its folders.',
    ['hostile keys', 'accepts keys that have a special meaning elsewhere'],
    keyedBy((key) => key.replace(/^.*\//, '')),
  ),
  plant(
    'keys-as-numbers',
    'Converts numeric keys to numbers.',
    ['hostile keys', 'distinguishes keys that differ only in the spelling of a number'],
    keyedBy((key) => (key.trim() === '' || Number.isNaN(Number(key)) ? key : String(Number(key)))),
  ),
  plant(
    'collated-keys',
    'Compares keys by locale, ignoring case and accents.',
    ['hostile keys', 'distinguishes keys that differ only in accents or width'],
    keyedBy((key) => key.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()),
  ),
  plant(
    'percent-decoded-keys',
    'Decodes percent signs in keys.',
    ['hostile keys', 'keeps unusual keys apart in batches'],
    keyedBy((key) => {
      try {
        return decodeURIComponent(key);
      } catch {
        return key;
      }
    }),
  ),
  plant(
    'object-as-map',
    'Keeps its entries in a plain object, with its inherited members and `__proto__`.',
    ['hostile keys', 'accepts keys that have a special meaning elsewhere'],
    class extends MapTier {
      readonly #object: Record<string, Row> = {};
      protected override live(key: string): Row | undefined {
        const row = this.#object[key] as Row | undefined;
        return row?.entry === undefined || this.isExpired(row.entry) ? undefined : row;
      }
      protected override store(key: string, entry: CacheEntry): boolean {
        super.store(key, entry);
        this.#object[key] = this.rows.get(key)!;
        return true;
      }
      protected override remove(key: string, reason: RemovalReason): boolean {
        const was = super.remove(key, reason);
        delete this.#object[key];
        return was;
      }
    },
  ),
  plant(
    'delete-by-like',
    'Deletes every key that matches the given one as a LIKE pattern.',
    ['hostile keys', 'does not treat a key as a pattern'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        const pattern = key
          .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('%', '.*')
          .replaceAll('_', '.');
        for (const other of this.rows.keys())
          if (other !== key && new RegExp(`^${pattern}$`, 's').test(other)) this.rows.delete(other);
        return super.remove(key, reason);
      }
    },
  ),
];
