import { type CacheEntry, chain, type MaybePromise } from '@pw/cache-models';

interface Waiting {
  readonly entry: CacheEntry;
  readonly resolve: (stored: MaybePromise<boolean>) => void;
  readonly reject: (error: unknown) => void;
}

/** What a group does with its entries. Throws for a wrong argument alone. */
export interface PutGroupTarget {
  /** Runs a flush at whose end a promise may be the answer. */
  readonly inTime: (flush: () => void) => void;
  readonly put: (entry: CacheEntry) => MaybePromise<boolean>;
  readonly putMany: (entries: readonly CacheEntry[]) => MaybePromise<readonly boolean[]>;
}

/**
 * Entries that arrive within one turn of the event loop are stored together: one transaction, one flush to the disk. Nobody
 * is told before the commit.
 */
export class PutGroup {
  readonly #target: PutGroupTarget;
  #waiting: Waiting[] = [];

  constructor(target: PutGroupTarget) {
    this.#target = target;
  }

  /** Settles when the entry is stored, or is not. */
  add(entry: CacheEntry): Promise<boolean> {
    if (this.#waiting.length === 0) setImmediate(() => this.#target.inTime(() => this.flush()));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
    });
  }

  /** Stores what waits. Never throws. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const group = this.#waiting;
    this.#waiting = [];
    try {
      const answer = this.#target.putMany(group.map(({ entry }) => entry));
      // It absorbs the faults of the store, so a promise does not reject.
      void chain(answer, (stored) => group.forEach(({ resolve }, i) => void resolve(stored[i] ?? false)));
    } catch {
      // One of them is wrong, and harms itself alone.
      for (const { entry, resolve, reject } of group) {
        try {
          resolve(this.#target.put(entry));
        } catch (error) {
          reject(error);
        }
      }
    }
  }
}
