import { isPromise, type MaybePromise } from '@pw/cache-models';

/**
 * Puts the operations on one key in a row, and leaves other keys alone: a delete and a promotion of the same key never
 * cross. Work that answers at once, on a free key, runs at once and makes no promise.
 *
 * Invariants: `#tails` holds the last operation of every busy key and nothing else; taking several keys, or all, is
 * one synchronous step, so no two operations can wait for each other.
 */
export class KeyLock {
  readonly #tails = new Map<string, Promise<unknown>>();
  #barrier: Promise<unknown> | undefined;

  /** Runs `work` when every earlier operation on the key is over, and tells it whether it had to wait for that. */
  run<T>(key: string, work: (hasWaited: boolean) => MaybePromise<T>): MaybePromise<T> {
    const before = this.#tails.get(key) ?? this.#barrier;
    const later = () => work(true);
    const result = before === undefined ? work(false) : before.then(later, later);
    if (isPromise(result)) this.#hold([key], result);
    return result;
  }

  /** Runs `work` when every earlier operation on any of the keys is over. */
  runAll<T>(keys: readonly string[], work: () => MaybePromise<T>): MaybePromise<T> {
    const before = keys.map((key) => this.#tails.get(key)).filter((tail) => tail !== undefined);
    if (this.#barrier !== undefined) before.push(this.#barrier);
    const result = before.length === 0 ? work() : Promise.allSettled(before).then(work);
    if (isPromise(result)) this.#hold(keys, result);
    return result;
  }

  /** Runs `work` when every earlier operation is over, and lets none begin before it is done. */
  async runAlone<T>(work: () => MaybePromise<T>): Promise<T> {
    const before = [...this.#tails.values()];
    if (this.#barrier !== undefined) before.push(this.#barrier);
    const result = Promise.allSettled(before).then(work);
    this.#barrier = result;
    // Later operations on keys that are busy now must wait for the barrier too, so they may not chain to the old tails.
    this.#tails.clear();
    try {
      return await result;
    } finally {
      if (this.#barrier === result) this.#barrier = undefined;
    }
  }

  /** Resolves when the operations under way now are over. */
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
