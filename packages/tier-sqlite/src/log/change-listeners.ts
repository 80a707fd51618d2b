import { type ChangeListener, ignoreRejection } from '@pw/cache-models/tier';

/** Listeners for changes. If one throws or rejects, the others are still called. */
export class ChangeListeners {
  readonly #listeners = new Set<ChangeListener>();

  /** Adds a listener; returns a function that removes it. */
  add(listener: ChangeListener): () => void {
    // A function may be added twice, and each removal removes one of the two.
    const added: ChangeListener = (key) => listener(key);
    this.#listeners.add(added);
    return () => void this.#listeners.delete(added);
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  notify(key: string | null): void {
    for (const listener of this.#listeners) notifyListener(listener, key);
  }
}

/** Calls one listener. */
export function notifyListener(listener: ChangeListener, key: string | null): void {
  try {
    // Typed as void, which an async listener satisfies.
    ignoreRejection(listener(key));
  } catch {
    // The error is the listener's own.
  }
}
