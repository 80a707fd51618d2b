/** Least and most that a timer waits, in milliseconds: where there is traffic, the next operation comes first anyhow. */
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Calls `tick` of an object once, after a while, unless nobody holds the object any more: the timer holds it weakly, and keeps
 * no process alive.
 */
export class WeakTimer<T extends object> {
  readonly #ref: WeakRef<T>;
  readonly #tick: (target: T) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: T, tick: (target: T) => void) {
    this.#ref = new WeakRef(target);
    this.#tick = tick;
  }

  /** Starts, or starts anew. */
  start(milliseconds: number): void {
    clearTimeout(this.#timer);
    const [ref, tick] = [this.#ref, this.#tick];
    const ring = () => {
      this.#timer = undefined;
      const target = ref.deref();
      if (target !== undefined) tick(target);
    };
    this.#timer = setTimeout(ring, Math.min(Math.max(milliseconds, SHORTEST_WAIT_MS), LONGEST_WAIT_MS));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
