/** Does something again and again while it is wanted; keeps no process alive. */
export class StatisticsTimer {
  readonly #milliseconds: number;
  readonly #tick: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number, tick: () => void) {
    this.#milliseconds = seconds * 1000;
    this.#tick = tick;
  }

  /** Starts if it is wanted, stops if it is not. Idempotent. */
  set wanted(isWanted: boolean) {
    if (isWanted === (this.#timer !== undefined)) return;
    if (isWanted) this.#timer = setInterval(this.#tick, this.#milliseconds).unref();
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
