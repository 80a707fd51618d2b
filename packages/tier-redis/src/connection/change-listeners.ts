import { type ChangeListener, checkArgument, isPromise, Kinds } from '@pw/cache-models';

/** Those who want to know what other processes change. What one of them throws or rejects with is its own: the others hear, and the connection lives. */
export class ChangeListeners {
  readonly #listeners = new Set<ChangeListener>();

  /** Adds a listener; returns a function that removes it. Throws a CacheValidationError for what is no function. */
  add(listener: ChangeListener): () => void {
    checkArgument('listener', listener, Kinds.function);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(key: string | null): void {
    for (const listener of this.#listeners) tellOne(listener, key);
  }
}

/** Tells one listener alone. */
export function tellOne(listener: ChangeListener, key: string | null): void {
  try {
    // Typed as void, which an async listener satisfies.
    const answer: unknown = listener(key);
    if (isPromise(answer)) answer.then(undefined, () => {});
  } catch {
    // It is called from the events of a connection: nobody else could hear it.
  }
}
