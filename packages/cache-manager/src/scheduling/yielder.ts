import { setImmediate } from 'node:timers/promises';

/** How long a loop may run before it yields to the event loop, in milliseconds. */
const BUDGET_MS = 4;

/** Lets a long loop yield to the event loop whenever it has used up its time budget. */
export class Yielder {
  #started = performance.now();

  /**
   * True if it is time to `yield`. Reads the clock on every call: counting items would not do, because one may cost as
   * much as a thousand others.
   */
  isDue(): boolean {
    return performance.now() - this.#started >= BUDGET_MS;
  }

  /** Yields to the event loop and starts a new time budget. */
  async yield(): Promise<void> {
    await setImmediate();
    this.#started = performance.now();
  }
}
