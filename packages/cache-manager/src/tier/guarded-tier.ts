import type { CacheEntry, CacheTier, MaybePromise } from '@pw/cache-models';
import { type AccessUpdate, chain } from '@pw/cache-models/tier';
import type { FaultBoundary } from './fault-boundary.ts';
import type { AccessOutcome, ReplayTarget } from './write-journal.ts';

/** A key that cannot exist: reading it shows only whether the tier answers. */
const PROBE = '\0pw-cache:probe';

/** Called for a write or a clear that timed out: it may still take effect. */
export interface LateListener {
  write(keys: readonly string[], result: Promise<unknown>): void;
  clear(result: Promise<unknown>): void;
}

/** A tier that is being recovered: each operation says whether the tier did it without a fault. */
export class GuardedTier implements ReplayTarget {
  readonly #tier: CacheTier;
  readonly #boundary: FaultBoundary;
  readonly #late: LateListener;

  constructor(tier: CacheTier, boundary: FaultBoundary, late: LateListener) {
    this.#tier = tier;
    this.#boundary = boundary;
    this.#late = late;
  }

  /** Switches the tier on again. True if it then answers. */
  async probe(): Promise<boolean> {
    const [tier, boundary] = [this.#tier, this.#boundary];
    if (!(await boundary.attempt(() => tier.resetFailures()))) return false;
    // Both calls are needed, because a tier may hang in only one kind of read.
    return (await boundary.attempt(() => tier.has(PROBE))) && boundary.attempt(() => tier.peek(PROBE));
  }

  /** Stores an entry. If the tier refuses it, the value that the tier still has is outdated, and is deleted. */
  async put(key: string, entry: CacheEntry): Promise<boolean> {
    let isRefused = false;
    const onRefused = () => {
      isRefused = true;
    };
    const isStored = await this.#write(key, (tier) => tier.put(key, entry), onRefused);
    return isRefused ? this.delete(key) : isStored;
  }

  delete(key: string): Promise<boolean> {
    return this.#write(key, (tier) => tier.delete(key));
  }

  clear(): Promise<boolean> {
    return this.#boundary.attempt(() => this.#tier.clear(), { onLate: (result) => this.#late.clear(result) });
  }

  async recordAccess(updates: readonly AccessUpdate[]): Promise<AccessOutcome> {
    let mayBeStored = false;
    const work = () =>
      chain<unknown, unknown>(this.#tier.recordAccess(updates), (count) => {
        mayBeStored = typeof count === 'number' && count > 0;
      });
    const onLate = () => {
      mayBeStored = true;
    };
    const hasSucceeded = await this.#boundary.attempt(work, { onLate });
    if (hasSucceeded) return 'stored';
    return mayBeStored ? 'unknown' : 'missed';
  }

  #write(key: string, work: (tier: CacheTier) => MaybePromise<unknown>, onRefused?: () => void): Promise<boolean> {
    const onLate = (result: Promise<unknown>) => this.#late.write([key], result);
    return this.#boundary.attempt(() => work(this.#tier), onRefused === undefined ? { onLate } : { onLate, onRefused });
  }
}
