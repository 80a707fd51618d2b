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
  /** Like `forget`, or like `clear` for `null`, after an update: accesses still count. */
  keepAccesses(key: string | null): void;
}

/** A change of a key by others; see {@link ChangeReport}. */
interface Change {
  readonly key: string;
  readonly version: number;
  readonly isUpdate: boolean;
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
        level.subscribe((key, version, isUpdate = false) => {
          if (above.length === 0) return;
          if (key === null) this.#dropAll(above, isUpdate);
          else this.#drop(above, { key, version, isUpdate });
        }),
      );
    }
  }

  /** Stops listening to changes. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  #drop(above: readonly StackLevel[], change: Change): void {
    const isBusy = this.#mutex.isBusy(change.key);
    void this.#dropNow(above, change);
    if (isBusy) void this.#mutex.run(change.key, () => this.#dropNow(above, change));
  }

  #dropNow(above: readonly StackLevel[], { key, version, isUpdate }: Change): Promise<unknown> | undefined {
    if (above.every((level) => isAsNew(level, key, version))) return undefined;
    // Even if there is no copy: accesses of the old value may be pending.
    if (isUpdate) this.#derived.keepAccesses(key);
    else this.#derived.forget(key);
    const outdated = above.filter((level) => !isWithout(level, key));
    if (outdated.length === 0) return undefined;
    this.#onDropped();
    return promiseOfAll(outdated.map((level) => level.delete(key)));
  }

  #dropAll(above: readonly StackLevel[], isUpdate: boolean): void {
    void this.#clear(above, isUpdate);
    void this.#mutex.runExclusive(() => this.#clear(above, isUpdate));
  }

  #clear(above: readonly StackLevel[], isUpdate: boolean): Promise<unknown> | undefined {
    this.#onDropped();
    if (isUpdate) this.#derived.keepAccesses(null);
    else this.#derived.clear();
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
