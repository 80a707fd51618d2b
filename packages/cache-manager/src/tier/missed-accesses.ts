import type { AccessUpdate } from '@pw/cache-models';

/** How many keys' accesses are kept; the ones noted first make room. What is lost is a count in one tier, never an entry. */
const LIMIT = 10_000;

/** Accesses that a tier could not take: it gets them before it is asked again. A write of a key brings its newest count with it. */
export class MissedAccesses {
  readonly #updates = new Map<string, AccessUpdate>();

  get size(): number {
    return this.#updates.size;
  }

  note(update: AccessUpdate): void {
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

  /** What is noted now. */
  all(): AccessUpdate[] {
    return [...this.#updates.values()];
  }

  /** The tier has them, unless newer ones came meanwhile. */
  taken(updates: readonly AccessUpdate[]): void {
    for (const update of updates) if (this.#updates.get(update.key) === update) this.#updates.delete(update.key);
  }
}
