import type { CacheEntry, CredentialCipher } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import type { Merge } from '../../src/stack/merge.ts';
import type { WarmTarget } from '../../src/transfer/import/index.ts';

/** A cache in a Map that can refuse to store entries or throw. */
export class MapTarget implements WarmTarget {
  readonly map = new Map<string, CacheEntry>();
  readonly clock = new ManualClock();
  cipher: CredentialCipher | undefined;
  batches: number[] = [];
  refused: (entry: CacheEntry) => boolean = () => false;
  throwing: (entry: CacheEntry) => boolean = () => false;

  ttlFor(source: string): number {
    return source === 'brief' ? 60 : 3600;
  }

  async mergeMany(keys: readonly string[], merge: Merge): Promise<boolean[]> {
    const existing = new Map(keys.flatMap((key) => (this.map.has(key) ? [[key, this.map.get(key)!]] : [])));
    await merge.prepare(existing);
    const entries = merge.mergeInto(existing);
    if (entries.some(this.throwing)) throw new Error('a fault that quotes hunter2');
    this.batches.push(entries.length);
    return entries.map((entry) => {
      if (this.refused(entry)) return false;
      this.map.set(entry.key, entry);
      return true;
    });
  }

  /** The only entry. */
  get one(): CacheEntry {
    if (this.map.size !== 1) throw new Error(`${this.map.size} entries, expected one`);
    return [...this.map.values()][0]!;
  }

  get urls(): string[] {
    return [...this.map.values()].map(({ proxyUrl }) => proxyUrl);
  }
}

/** All fields with the secrets revealed, for comparison. */
export function revealed(entry: CacheEntry): Record<string, unknown> {
  return {
    ...entry.toFields(),
    username: entry.username?.reveal() ?? null,
    password: entry.password?.reveal() ?? null,
  };
}
