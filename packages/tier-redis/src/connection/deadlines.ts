/** A wait for a reply. */
export interface Wait {
  readonly at: number;
  /** Whether it keeps the process alive. */
  readonly keepsAlive: boolean;
  readonly late: () => void;
}

/**
 * Deadlines of equal length, all served by one timer. Setting and clearing a timer per command would cost more than
 * everything else that happens to a command here.
 */
export class Deadlines {
  readonly #milliseconds: number;
  /** Oldest first, so the first one is always the next due. */
  readonly #waits = new Set<Wait>();
  #keepingAlive = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Calls `late` after the deadline, unless the wait ends first. */
  begin(late: () => void, keepsAlive: boolean): Wait {
    const wait: Wait = { at: performance.now() + this.#milliseconds, keepsAlive, late };
    this.#waits.add(wait);
    if (this.#timer === undefined) this.#arm(this.#milliseconds);
    if (keepsAlive && this.#keepingAlive++ === 0) this.#timer!.ref();
    return wait;
  }

  end(wait: Wait): void {
    if (!this.#waits.delete(wait)) return;
    if (wait.keepsAlive && --this.#keepingAlive === 0) this.#timer?.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#check(), Math.max(1, milliseconds));
    if (this.#keepingAlive === 0) this.#timer.unref();
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const wait of this.#waits) {
      if (wait.at > now) {
        this.#arm(wait.at - now);
        return;
      }
      // Two turns of the event loop: after a long pause of this process the reply may have arrived but not been read.
      setImmediate(() => setImmediate(() => this.#waits.has(wait) && wait.late()));
    }
    // Every remaining wait is late and is settled in a moment.
    if (this.#waits.size > 0) this.#arm(this.#milliseconds);
  }
}
