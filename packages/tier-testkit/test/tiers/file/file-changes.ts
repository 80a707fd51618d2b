import { type ChangeListener, isPromise, type TierChanges } from '@pw/cache-models/tier';

/** The open tiers of this process, by the path of their file: enough for the kit, which listens in one process. */
const OPEN = new Map<string, Set<FileChanges>>();

/** Reports the changes that other tiers of this process make in the same file. */
export class FileChanges implements TierChanges {
  readonly #path: string;
  readonly #listeners = new Set<ChangeListener>();
  #isOpen = false;

  constructor(path: string) {
    this.#path = path;
  }

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    if (this.#isOpen) this.notify(listener, null);
    return () => void this.#listeners.delete(listener);
  }

  /** Each change is reported when it is made. */
  async poll(): Promise<boolean> {
    return true;
  }

  open(): void {
    this.#isOpen = true;
    OPEN.set(this.#path, (OPEN.get(this.#path) ?? new Set()).add(this));
    this.notifyAll(null);
  }
  close(): void {
    this.#isOpen = false;
    OPEN.get(this.#path)?.delete(this);
    if (OPEN.get(this.#path)?.size === 0) OPEN.delete(this.#path);
  }

  /** Reports changes of this tier to all others. */
  publish(keys: Iterable<string>): void {
    const others = [...(OPEN.get(this.#path) ?? [])].filter((other) => other !== this);
    for (const other of others) for (const key of keys) other.notifyAll(key);
  }

  notifyAll(key: string | null): void {
    for (const listener of this.#listeners) this.notify(listener, key);
  }
  protected notify(listener: ChangeListener, key: string | null): void {
    try {
      const answer: unknown = listener(key);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      // A listener's error is its own.
    }
  }
}
