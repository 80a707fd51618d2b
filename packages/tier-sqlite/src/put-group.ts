import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { chain } from '@pw/cache-models/tier';

interface Waiting {
  readonly entry: CacheEntry;
  readonly resolve: (stored: MaybePromise<boolean>) => void;
  readonly reject: (error: unknown) => void;
}

/** How a group stores its entries. Both puts throw only for a wrong argument. */
export interface PutGroupTarget {
  /** Runs a flush whose writes may wait for a lock and return promises. */
  readonly allowWaiting: (flush: () => void) => void;
  readonly put: (entry: CacheEntry) => MaybePromise<boolean>;
  readonly putMany: (entries: readonly CacheEntry[]) => MaybePromise<readonly boolean[]>;
}

/**
 * Stores entries that arrive within one turn of the event loop together: one transaction, one flush to the disk. No
 * promise resolves before the commit.
 */
export class PutGroup {
  readonly #target: PutGroupTarget;
  #waiting: Waiting[] = [];

  constructor(target: PutGroupTarget) {
    this.#target = target;
  }

  /** Resolves with true when the entry is stored, with false if it could not be. */
  add(entry: CacheEntry): Promise<boolean> {
    if (this.#waiting.length === 0) setImmediate(() => this.#target.allowWaiting(() => this.flush()));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
    });
  }

  /** Stores the waiting entries. Never throws. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const group = this.#waiting;
    this.#waiting = [];
    try {
      const result = this.#target.putMany(group.map(({ entry }) => entry));
      // `putMany` absorbs faults of the store, so the promise does not reject.
      void chain(result, (stored) => group.forEach(({ resolve }, i) => void resolve(stored[i] ?? false)));
    } catch {
      // One entry is invalid, and must not affect the others.
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
