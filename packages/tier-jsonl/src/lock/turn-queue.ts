/** Runs one task per turn of the event loop, however many are added at the same time. */
export class TurnQueue {
  readonly #waiting: (() => void)[] = [];
  #isWorking = false;

  /** `work` must not throw. */
  add(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isWorking) return;
    this.#isWorking = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#waiting.shift()?.();
    this.#isWorking = this.#waiting.length > 0;
    if (this.#isWorking) setImmediate(() => this.#next());
  }
}
