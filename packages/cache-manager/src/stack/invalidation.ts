import { CacheEntry, type MaybePromise } from '@pw/cache-models';
import { allOf, chain, isPromise, versionOf } from '@pw/cache-models/tier';
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
 * If other processes also write to a level, the copies in the levels above it become outdated. Copies of changed keys
 * are dropped, and all of them if changes may have been missed.
 *
 * A copy is dropped at once, so that no later read returns it, and under its key's lock: a copy of the old value that
 * is being made is finished first, and then dropped too. A copy made later has the new value, because a tier reports a
 * change only after making it. A copy in memory that is as new as the change stays. A durable level needs a while to
 * drop a copy: until then, reads of the key wait for the lock, and those that find out about the change for
 * {@link Invalidation.drops}.
 */
export class Invalidation {
  readonly #mutex: KeyedMutex;
  readonly #derived: DerivedState;
  readonly #onDropped: () => void;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #drops = new Set<Promise<unknown>>();

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

  /** What is being dropped at this moment; `undefined` if that is nothing. Does not wait for the lock of a key. */
  get drops(): Promise<unknown> | undefined {
    return this.#drops.size === 0 ? undefined : Promise.all(this.#drops);
  }

  #drop(above: readonly StackLevel[], change: Change): void {
    const drop = () => this.#dropNow(above, change);
    if (this.#mutex.isBusy(change.key)) {
      this.#track(drop());
      void this.#mutex.run(change.key, drop);
    } else this.#track(this.#mutex.run(change.key, drop));
  }

  #dropNow(above: readonly StackLevel[], { key, version, isUpdate }: Change): MaybePromise<void> {
    const outdated = above.filter((level) => !isAsNew(level, key, version));
    if (outdated.length === 0) return undefined;
    // Even if there is no copy: accesses of the old value may be pending.
    if (isUpdate) this.#derived.keepAccesses(key);
    else this.#derived.forget(key);
    const deleted = allOf(outdated.filter((level) => !isWithout(level, key)).map((level) => level.delete(key)));
    return chain(deleted, (existed) => {
      if (existed.includes(true)) this.#onDropped();
    });
  }

  #dropAll(above: readonly StackLevel[], isUpdate: boolean): void {
    this.#track(this.#clear(above, isUpdate));
    void this.#mutex.runExclusive(() => this.#clear(above, isUpdate));
  }

  #clear(above: readonly StackLevel[], isUpdate: boolean): MaybePromise<unknown> {
    this.#onDropped();
    if (isUpdate) this.#derived.keepAccesses(null);
    else this.#derived.clear();
    return allOf(above.map((level) => level.clear()));
  }

  /** Needs no error handling, because a level never rejects. */
  #track(dropping: MaybePromise<unknown>): void {
    if (!isPromise(dropping)) return;
    this.#drops.add(dropping);
    void dropping.then(() => this.#drops.delete(dropping));
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
