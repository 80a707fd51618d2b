import { type ChangeListener, checkArgument, ignoreRejection, Kinds } from '@pw/cache-models/tier';

/** More changed keys than this are reported as `null`: any entry may have changed. */
const MOST_KEYS = 10_000;

/**
 * Reports changes to listeners, after the reading that found them: a listener never runs in the middle of one. Nothing
 * is collected while there is no listener.
 */
export class ChangeReports {
  readonly #listeners = new Set<ChangeListener>();
  readonly #keys = new Set<string | null>();
  #isScheduled = false;

  get isWanted(): boolean {
    return this.#listeners.size > 0;
  }

  /** Adds a listener; returns a function that removes it. Throws a CacheValidationError for anything but a function. */
  add(listener: ChangeListener): () => void {
    checkArgument('listener', listener, Kinds.function);
    // One function may be added twice, and is then removed once.
    const own: ChangeListener = (key) => listener(key);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Notes a key that changed, or `null` if any may have. */
  note(key: string | null): void {
    if (!this.isWanted || this.#keys.has(null)) return;
    if (key === null || this.#keys.size >= MOST_KEYS) {
      this.#keys.clear();
      this.#keys.add(null);
    } else this.#keys.add(key);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Reports what was noted. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#keys.size === 0) return;
    const keys = [...this.#keys];
    this.#keys.clear();
    for (const listener of this.#listeners) for (const key of keys) notifyListener(listener, key);
  }
}

/** Calls one listener. Its errors and rejections are ignored. */
export function notifyListener(listener: ChangeListener, key: string | null): void {
  try {
    // Typed as void, which an async listener satisfies.
    ignoreRejection(listener(key));
  } catch {
    // Nobody could handle it: the reading that found the change has ended.
  }
}
