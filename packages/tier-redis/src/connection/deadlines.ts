/** Something that is waited for. */
export interface Wait {
  readonly at: number;
  /** Whether the process must not end before it is over. */
  readonly holds: boolean;
  readonly late: () => void;
}

/**
 * Deadlines that all lie as far ahead, with one timer for any number of them: to set and clear one for each command would cost
 * more than all else that is done for it here.
 */
export class Deadlines {
  readonly #milliseconds: number;
  /** The oldest first. */
  readonly #waits = new Set<Wait>();
  #holding = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Calls `late` when the time is up, unless the wait is over before. */
  begin(late: () => void, holds: boolean): Wait {
    const wait: Wait = { at: performance.now() + this.#milliseconds, holds, late };
    this.#waits.add(wait);
    if (this.#timer === undefined) this.#arm(this.#milliseconds);
    if (holds && this.#holding++ === 0) this.#timer!.ref();
    return wait;
  }

  end(wait: Wait): void {
    if (!this.#waits.delete(wait)) return;
    if (wait.holds && --this.#holding === 0) this.#timer?.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#check(), Math.max(1, milliseconds));
    if (this.#holding === 0) this.#timer.unref();
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const wait of this.#waits) {
      if (wait.at > now) {
        this.#arm(wait.at - now);
        return;
      }
      // Twice round the event loop: after a long pause of this process the answer may be there, and not read yet.
      setImmediate(() => setImmediate(() => this.#waits.has(wait) && wait.late()));
    }
    // Each of those that are left is late, or over in a moment.
    if (this.#waits.size > 0) this.#arm(this.#milliseconds);
  }
}
