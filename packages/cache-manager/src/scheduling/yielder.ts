import { setImmediate } from 'node:timers/promises';

/** How long work may go on before others have their turn of the event loop, in milliseconds. */
const TURN_MS = 4;

/** Work item by item that gives others their turn when its own has lasted long enough. */
export class Turn {
  #started = performance.now();

  /** An item is done: true if it is time to `rest`. Looks at the clock each time, for one item may cost as much as a thousand. */
  isOver(): boolean {
    return performance.now() - this.#started >= TURN_MS;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#started = performance.now();
  }
}
