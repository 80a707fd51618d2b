import { CacheEntry } from '@pw/cache-models';
import { isPromise, versionOf } from '@pw/cache-models/tier';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { StackLevel } from './stack-level.ts';

/**
 * State that is derived from values but kept outside the tiers, such as accesses of the old value, which must not be
 * counted for a new one.
 */
export interface DerivedState {
  forget(key: string): void;
  clear(): void;
}

/**
 * If other processes also write to a level, the copies in the levels above it become outdated. Copies of changed keys are
 * dropped, and all of them if changes may have been missed.
 *
 * A copy is dropped at once, so that no later read returns it, and again under its key's lock: a copy of the old value
 * that was being made is finished first. A copy made later has the new value, because a tier reports a change only after
 * making it. A copy that is as new as the change stays.
 */
export class Invalidation {
  readonly #mutex: KeyedMutex;
  readonly #derived: DerivedState;
  readonly #onDropped: () => void;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(levels: readonly StackLevel[], mutex: KeyedMutex, derived: DerivedState, onDropped: () => void) {
    this.#mutex = mutex;
    this.#derived = derived;
    this.#onDropped = onDropped;
    for (const [index, level] of levels.entries()) {
      const above = levels.slice(0, index);
      this.#unsubscribe.push(
        level.subscribe((key, version) => {
          if (above.length === 0) return;
          if (key === null) this.#dropAll(above);
          else this.#drop(above, key, version);
        }),
      );
    }
  }

  /** Stops listening to changes. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  #drop(above: readonly StackLevel[], key: string, version: number): void {
    const isBusy = this.#mutex.isBusy(key);
    void this.#dropNow(above, key, version);
    if (isBusy) void this.#mutex.run(key, () => this.#dropNow(above, key, version));
  }

  #dropNow(above: readonly StackLevel[], key: string, version: number): Promise<unknown> | undefined {
    if (above.every((level) => isAsNew(level, key, version))) return undefined;
    // Even if there is no copy: accesses of the old value may be pending.
    this.#derived.forget(key);
    const outdated = above.filter((level) => !isWithout(level, key));
    if (outdated.length === 0) return undefined;
    this.#onDropped();
    return promiseOfAll(outdated.map((level) => level.delete(key)));
  }

  #dropAll(above: readonly StackLevel[]): void {
    void this.#clear(above);
    void this.#mutex.runExclusive(() => this.#clear(above));
  }

  #clear(above: readonly StackLevel[]): Promise<unknown> | undefined {
    this.#onDropped();
    this.#derived.clear();
    return promiseOfAll(above.map((level) => level.clear()));
  }
}

/** True if the level is known to have a copy that is as new as the change. */
function isAsNew(level: StackLevel, key: string, version: number): boolean {
  const copy = level.isSynchronous && !level.isDurable ? level.peek(key) : undefined;
  return CacheEntry.isCacheEntry(copy) && versionOf(copy) >= version;
}

/** True if the level is known to have no copy. */
function isWithout(level: StackLevel, key: string): boolean {
  return level.isSynchronous && !level.isDurable && level.peek(key) === undefined;
}

/** Needs no error handling, because a level never rejects. */
function promiseOfAll(results: readonly unknown[]): Promise<unknown> | undefined {
  const promises = results.filter((result) => isPromise(result));
  return promises.length === 0 ? undefined : Promise.all(promises);
}
