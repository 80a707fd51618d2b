import type { MaybePromise } from '@pw/cache-models';
import { isPromise } from '@pw/cache-models/tier';

/**
 * Runs the operations on a key one after another, so that a delete and a promotion of the same key never interleave.
 * Operations on different keys run concurrently. Synchronous work on a free key runs immediately and creates no
 * promise.
 *
 * Invariants: `#tails` contains the last operation of every busy key and nothing else. Locking several keys, or all of
 * them, is one synchronous step, so that no two operations can wait for each other.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();
  #barrier: Promise<unknown> | undefined;

  /** True if an operation on the key, or on all keys, has not ended. */
  isBusy(key: string): boolean {
    return this.#barrier !== undefined || this.#tails.has(key);
  }

  /** Runs `work` once every earlier operation on the key has ended. `hasWaited` is true if there was one. */
  run<T>(key: string, work: (hasWaited: boolean) => MaybePromise<T>): MaybePromise<T> {
    const before = this.#tails.get(key) ?? this.#barrier;
    const later = () => work(true);
    const result = before === undefined ? work(false) : before.then(later, later);
    if (isPromise(result)) this.#hold([key], result);
    return result;
  }

  /** Runs `work` once every earlier operation on any of the keys has ended. */
  runAll<T>(keys: readonly string[], work: () => MaybePromise<T>): MaybePromise<T> {
    const before = keys.map((key) => this.#tails.get(key)).filter((tail) => tail !== undefined);
    if (this.#barrier !== undefined) before.push(this.#barrier);
    const result = before.length === 0 ? work() : Promise.allSettled(before).then(work);
    if (isPromise(result)) this.#hold(keys, result);
    return result;
  }

  /** Runs `work` once every earlier operation has ended; later operations wait until it is done. */
  async runExclusive<T>(work: () => MaybePromise<T>): Promise<T> {
    const before = [...this.#tails.values()];
    if (this.#barrier !== undefined) before.push(this.#barrier);
    const result = Promise.allSettled(before).then(work);
    this.#barrier = result;
    // Later operations must wait for the barrier, not only for the old tail of their key.
    this.#tails.clear();
    try {
      return await result;
    } finally {
      if (this.#barrier === result) this.#barrier = undefined;
    }
  }

  /** Resolves once the operations that are running now have ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#tails.values(), this.#barrier]);
  }

  #hold(keys: readonly string[], tail: Promise<unknown>): void {
    for (const key of keys) this.#tails.set(key, tail);
    const release = () => {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    tail.then(release, release);
  }
}
