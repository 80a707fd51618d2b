import type { AccessUpdate } from '@pw/cache-models';

/** The most updates kept. The oldest is dropped first, which loses an access count in one tier, never an entry. */
const LIMIT = 10_000;

/**
 * Access updates that a tier could not take. They are replayed before the tier is used again. A write of a key
 * supersedes its update.
 */
export class MissedAccesses {
  readonly #updates = new Map<string, AccessUpdate>();

  get size(): number {
    return this.#updates.size;
  }

  record(update: AccessUpdate): void {
    this.#updates.delete(update.key);
    if (this.#updates.size >= LIMIT) this.forget(this.#updates.keys().next().value!);
    this.#updates.set(update.key, update);
  }

  forget(key: string): void {
    if (this.#updates.size > 0) this.#updates.delete(key);
  }

  clear(): void {
    this.#updates.clear();
  }

  /** The updates recorded at this moment. */
  all(): AccessUpdate[] {
    return [...this.#updates.values()];
  }

  /** Removes updates that the tier has taken, unless they were superseded meanwhile. */
  markReplayed(updates: readonly AccessUpdate[]): void {
    for (const update of updates) if (this.#updates.get(update.key) === update) this.#updates.delete(update.key);
  }
}
