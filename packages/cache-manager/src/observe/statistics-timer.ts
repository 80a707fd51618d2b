/** A repeating timer that can be started and stopped, and does not keep the process alive. */
export class StatisticsTimer {
  readonly #milliseconds: number;
  readonly #tick: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number, tick: () => void) {
    this.#milliseconds = seconds * 1000;
    this.#tick = tick;
  }

  /** Starts or stops the timer. Idempotent. */
  setRunning(isRunning: boolean): void {
    if (isRunning === (this.#timer !== undefined)) return;
    if (isRunning) this.#timer = setInterval(this.#tick, this.#milliseconds).unref();
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
