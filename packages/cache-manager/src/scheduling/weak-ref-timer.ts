/** Limits of the delay, in milliseconds. In a busy cache, an operation usually does the work before the timer fires. */
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;

/**
 * Calls `tick` once after a delay, unless the target has been garbage-collected. The timer holds its target weakly and
 * does not keep the process alive.
 */
export class WeakRefTimer<T extends object> {
  readonly #ref: WeakRef<T>;
  readonly #tick: (target: T) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: T, tick: (target: T) => void) {
    this.#ref = new WeakRef(target);
    this.#tick = tick;
  }

  /** Starts or restarts the timer. */
  start(milliseconds: number): void {
    clearTimeout(this.#timer);
    const [ref, tick] = [this.#ref, this.#tick];
    const fire = () => {
      this.#timer = undefined;
      const target = ref.deref();
      if (target !== undefined) tick(target);
    };
    this.#timer = setTimeout(fire, Math.min(Math.max(milliseconds, MIN_DELAY_MS), MAX_DELAY_MS));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
