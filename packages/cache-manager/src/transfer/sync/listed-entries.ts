import { CacheEntry, type Secret } from '@pw/cache-models';
import { maskPlainFields } from '@pw/cache-models/tier';
import type { Merge } from '../../stack/merge.ts';
import { areSameLabels } from '../import/batch/merge-labels.ts';
import type { WarmTarget } from '../import/index.ts';
import type { SyncCounts } from './sync-result.ts';

type Outcome = 'added' | 'updated' | 'kept';
/** `null` for an entry that is listed but not stored yet. */
type Outcomes = Map<string, Outcome | null>;

/** For the first pass. Problems and evictions are reported only when the list is stored. */
const SILENT = Object.freeze({ logger: undefined, room: undefined });

/** The keys of a list, and the outcome of each. Keeps no entries. */
export class ListedEntries {
  readonly #source: string;
  readonly #outcomes: Outcomes = new Map();
  readonly #counts = { added: 0, updated: 0, kept: 0, adopted: 0, removed: 0 };

  /** `source`: the stored name. */
  constructor(source: string) {
    this.#source = source;
  }

  get size(): number {
    return this.#outcomes.size;
  }

  get counts(): SyncCounts {
    return { ...this.#counts };
  }

  has(key: string): boolean {
    return this.#outcomes.has(key);
  }

  noteRemoved(count: number): void {
    this.#counts.removed += count;
  }

  /** A target that stores nothing and collects the keys. */
  reading(target: WarmTarget): WarmTarget {
    return {
      ...target,
      ...SILENT,
      ttlFor: () => 0,
      mergeMany: (_keys, merge) => {
        const entries = merge.mergeInto(new Map());
        for (const { key } of entries) this.#outcomes.set(key, null);
        return entries.map(() => true);
      },
    };
  }

  /** A target that stores every entry under the source, and counts it. */
  storing(target: WarmTarget): WarmTarget {
    return {
      ...target,
      ttlFor: () => target.ttlFor(this.#source),
      mergeMany: async (keys, merge) => {
        const watch = new WatchedMerge(merge, this.#source);
        const stored = await target.mergeMany(keys, watch);
        watch.changes.forEach(({ key, outcome, isAdopted }, i) => {
          if (stored[i] === true) this.#note(key, outcome, isAdopted);
        });
        return stored;
      },
    };
  }

  #note(key: string, outcome: Outcome, isAdopted: boolean): void {
    const before = this.#outcomes.get(key) ?? null;
    if (isAdopted) this.#counts.adopted++;
    // For further rows of an entry: a new entry stays `added`, and a single change makes an existing one `updated`.
    if (before !== null && (before !== 'kept' || outcome === 'kept')) return;
    if (before !== null) this.#counts[before]--;
    this.#counts[outcome]++;
    this.#outcomes.set(key, outcome);
  }
}

interface Change {
  readonly key: string;
  readonly outcome: Outcome;
  readonly isAdopted: boolean;
}

class WatchedMerge implements Merge {
  changes: readonly Change[] = [];
  entries: readonly CacheEntry[] = [];
  readonly #merge: Merge;
  readonly #source: string;

  constructor(merge: Merge, source: string) {
    this.#merge = merge;
    this.#source = source;
  }

  prepare(existing: ReadonlyMap<string, CacheEntry>) {
    return this.#merge.prepare(existing);
  }

  mergeInto(existing: ReadonlyMap<string, CacheEntry>): readonly CacheEntry[] {
    const entries = this.#merge.mergeInto(existing).map((entry) => withSource(entry, this.#source));
    this.changes = entries.map((entry) => {
      const before = existing.get(entry.key);
      const isAdopted = before !== undefined && before.source !== this.#source;
      return { key: entry.key, outcome: outcomeOf(before, entry), isAdopted };
    });
    this.entries = entries;
    return entries;
  }
}

/** Overrides the source that a row names. */
function withSource(entry: CacheEntry, source: string): CacheEntry {
  return entry.source === source ? entry : CacheEntry.restore(maskPlainFields({ ...entry.toFields(), source }));
}

function outcomeOf(before: CacheEntry | undefined, entry: CacheEntry): Outcome {
  if (before === undefined) return 'added';
  const isSame =
    before.source === entry.source &&
    before.proxyUrl === entry.proxyUrl &&
    isSameSecret(before.username, entry.username) &&
    isSameSecret(before.password, entry.password) &&
    areSameLabels(before.labels, entry.labels);
  return isSame ? 'kept' : 'updated';
}

function isSameSecret(one: Secret | null, other: Secret | null): boolean {
  return one === other || one?.reveal() === other?.reveal();
}
