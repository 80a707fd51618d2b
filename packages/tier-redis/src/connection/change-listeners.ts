import { type ChangeListener, checkArgument, ignoreRejection, Kinds } from '@pw/cache-models/tier';

/**
 * Listeners for changes made by other processes. If one throws or rejects, the others are still called and the
 * connection stays open.
 */
export class ChangeListeners {
  readonly #listeners = new Set<ChangeListener>();

  /** Adds a listener; returns a function that removes it. Throws a CacheValidationError for anything but a function. */
  add(listener: ChangeListener): () => void {
    checkArgument('listener', listener, Kinds.function);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(key: string | null): void {
    for (const listener of this.#listeners) notifyListener(listener, key);
  }
}

/** Notifies a single listener. */
export function notifyListener(listener: ChangeListener, key: string | null): void {
  try {
    // Typed as void, which an async listener satisfies.
    ignoreRejection(listener(key));
  } catch {
    // The caller is an event of the connection, which has nowhere to report it.
  }
}
