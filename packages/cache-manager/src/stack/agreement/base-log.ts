import type { CacheEntry, CacheTier, MaybePromise } from '@pw/cache-models';
import {
  chain,
  isPromise,
  isVersion,
  type LoggedAnswer,
  type LoggedWrite,
  type LogPage,
  type TierLog,
  versionOf,
} from '@pw/cache-models/tier';
import type { ManagedTier } from '../../tier/managed-tier.ts';
import type { LevelUpdateOptions } from '../stack-level.ts';

/** The share of a tier's deadline within which a write must begin, so that it has an outcome before the deadline. */
export const SHARE_TO_BEGIN = 0.8;

/** The base refuses to store an entry, for a reason that lies in the entry. */
export const REFUSED = Symbol('refused');

/**
 * The base of a stack, with its log. An answer of `undefined` means that the base did not answer, and has done nothing.
 * Remembers the highest version heard of: each further write gets a higher one.
 */
export class BaseLog {
  readonly tier: ManagedTier;
  readonly #beginsWithinMs: number;
  #heard = 0;
  #hasAnswered = false;

  constructor(tier: ManagedTier) {
    this.tier = tier;
    this.#beginsWithinMs = tier.timeoutMs * SHARE_TO_BEGIN;
  }

  /** The highest version that this process has heard of. */
  get heard(): number {
    return this.#heard;
  }

  /** True once the log has been read: only then is it known which records of a tier above are outdated. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  hear(version: number): void {
    if (version > this.#heard) this.#heard = version;
  }

  /** Writes in one transaction; one answer per write. */
  write(writes: readonly LoggedWrite[]): MaybePromise<readonly LoggedAnswer[] | undefined | typeof REFUSED> {
    const options = { after: this.#heard, timeoutMs: this.#beginsWithinMs };
    const answers = this.tier.call<readonly LoggedAnswer[] | undefined | typeof REFUSED>(
      (tier) => tier.log!.write(writes, options),
      undefined,
      () => REFUSED,
    );
    return chain(answers, (found) => {
      if (found === undefined || found === REFUSED) return found;
      const isComplete = Array.isArray(found) && found.length === writes.length;
      if (!isComplete || !found.every(({ version }) => isVersion(version))) return undefined;
      for (const { version } of found) this.hear(version);
      return found;
    });
  }

  /** Removes everything. Returns the version of the removal. */
  clear(): MaybePromise<number | undefined> {
    const options = { after: this.#heard, timeoutMs: this.#beginsWithinMs };
    return chain(
      this.tier.call((tier) => tier.log!.clear(options), undefined),
      (answer) => {
        if (!isVersion(answer?.version)) return undefined;
        this.hear(answer.version);
        return answer.version;
      },
    );
  }

  /** At once: see {@link TierLog.update}. */
  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    options: LevelUpdateOptions,
  ): ReturnType<TierLog['update']> {
    return this.#atOnce((log) => log.update(key, change, { after: this.#heard, ...options }));
  }

  /** At once: see {@link TierLog.replay}. */
  replay(key: string | null, entry: CacheEntry | null, version: number): ReturnType<TierLog['replay']> {
    const answer = this.#atOnce((log) => log.replay(key, entry, version));
    if (isVersion(answer)) this.hear(answer);
    return answer;
  }

  /** At once: the version of the stored entry, 0 for none; `undefined` if the base cannot be asked. */
  versionOf(key: string): number | undefined {
    return this.#atOnce((log) => log.versionOf(key));
  }

  /** At once: like `versionOf`, also of a removal that is in the log. */
  newestVersionOf(key: string): number | undefined {
    return this.#atOnce((log) => log.newestVersionOf(key));
  }

  /** True if the base still has this very version, and nothing is marked. */
  readonly isCurrent = (entry: CacheEntry, mark: number | undefined): boolean =>
    mark === undefined && this.versionOf(entry.key) === versionOf(entry);
  /** True if the base has no entry of the key, and nothing is marked. */
  readonly isGone = (key: string, mark: number | undefined): boolean => mark === undefined && this.versionOf(key) === 0;

  /** At once: the rows after a position. */
  read(after: number, limit: number): LogPage | undefined {
    const page = this.#atOnce((log) => log.read(after, limit));
    if (!Array.isArray(page?.rows)) return undefined;
    this.#hasAnswered = true;
    this.hear(page.head);
    return page;
  }

  cursorOf(tierId: string): number | undefined {
    return this.#atOnce((log) => log.cursorOf(tierId));
  }

  moveCursor(tierId: string, position: number): MaybePromise<boolean> {
    return this.tier.call((tier) => tier.log!.moveCursor(tierId, position), false);
  }

  /** A promise would be a fault of the tier: the caller holds a lock. */
  #atOnce<T>(work: (log: TierLog) => T): T | undefined {
    const answer: MaybePromise<T | undefined> = this.tier.call<T | undefined>(
      (tier: CacheTier) => work(tier.log!),
      undefined,
    );
    return isPromise(answer) ? undefined : answer;
  }
}
