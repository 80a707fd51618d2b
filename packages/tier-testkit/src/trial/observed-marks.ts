import type { CacheEntry } from '@pw/cache-models';
import type { LoggedWrite, MarkedRecord, Marks, RecordChange, TierMarks } from '@pw/cache-models/tier';
import type { ObservedTier } from './observed-tier.ts';

/** Longer than any write in the kit takes. */
const LONG_MS = 60_000;

/** The part `marks` of a tier under test: each answer is awaited within the deadline. */
export class ObservedMarks {
  readonly tier: ObservedTier;

  constructor(tier: ObservedTier) {
    this.tier = tier;
  }

  get raw(): TierMarks {
    return this.tier.raw.marks!;
  }

  read(): Promise<Marks | undefined> {
    return this.tier.call('marks.read()', () => this.raw.read());
  }

  /** The marks as pairs, ordered by key. */
  async pairs(): Promise<(readonly [string | null, number])[]> {
    return [...((await this.read()) ?? [])].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  }

  async isMarked(key: string): Promise<boolean | undefined> {
    return this.tier.callSoon(`marks.isMarked("${key}")`, () => this.raw.isMarked(key));
  }

  putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean = () => true,
  ): Promise<readonly boolean[] | undefined> {
    return this.tier.call(`marks.putIf() of ${entries.length}`, () => this.raw.putIf(entries, isWanted));
  }

  deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean = () => true,
  ): Promise<readonly boolean[] | undefined> {
    return this.tier.call(`marks.deleteIf() of ${keys.length}`, () => this.raw.deleteIf(keys, isUnwanted));
  }

  writeAlone(writes: readonly LoggedWrite[], after = 0, timeoutMs = LONG_MS): Promise<readonly number[] | undefined> {
    return this.tier.call(`marks.writeAlone() of ${writes.length}`, () =>
      this.raw.writeAlone(writes, { after, timeoutMs }),
    );
  }

  updateAlone(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null | undefined,
    after = 0,
    timeoutMs = LONG_MS,
  ): Promise<CacheEntry | null | undefined> {
    return this.tier.call(`marks.updateAlone("${key}")`, () => this.raw.updateAlone(key, change, { after, timeoutMs }));
  }

  clearAlone(after = 0): Promise<number | undefined> {
    return this.tier.call('marks.clearAlone()', () => this.raw.clearAlone({ after, timeoutMs: LONG_MS }));
  }

  clearOlder(version: number): Promise<boolean> {
    return this.tier.call(`marks.clearOlder(${version})`, () => this.raw.clearOlder(version));
  }

  withoutVersion(): Promise<readonly string[] | undefined> {
    return this.tier.call('marks.withoutVersion()', () => this.raw.withoutVersion());
  }

  markAll(): Promise<boolean> {
    return this.tier.call('marks.markAll()', () => this.raw.markAll());
  }

  unmarkAll(mark: number): Promise<boolean> {
    return this.tier.call(`marks.unmarkAll(${mark})`, () => this.raw.unmarkAll(mark));
  }

  change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): Promise<boolean> {
    return this.tier.call(`marks.change("${key}")`, () => this.raw.change(key, decide));
  }
}
