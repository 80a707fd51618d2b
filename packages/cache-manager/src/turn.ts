import { setImmediate } from 'node:timers/promises';

/** How long work may go on before others have their turn of the event loop, in milliseconds. */
const TURN_MS = 4;
/** A look at the clock is worth so many items. */
const LOOK_EVERY = 32;

/** Work item by item that gives others their turn when its own has lasted long enough. */
export class Turn {
  #items = 0;
  #started = performance.now();

  /** An item is done: true if it is time to `rest`. */
  isOver(): boolean {
    return ++this.#items % LOOK_EVERY === 0 && performance.now() - this.#started >= TURN_MS;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#started = performance.now();
  }
}
