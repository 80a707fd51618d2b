/** One load shared by any number of callers. It is abandoned, and its signal aborted, once every caller has left. */
export class SingleFlight<T> {
  /** Resolves once the load has ended, successfully or not, and `onEnd` has been called. */
  readonly settled: Promise<void>;
  readonly #result: Promise<T>;
  readonly #controller = new AbortController();
  #waiting = 0;

  constructor(load: (signal: AbortSignal) => Promise<T>, onEnd: () => void) {
    this.#result = load(this.#controller.signal);
    this.settled = this.#result.then(onEnd, onEnd);
  }

  /** True once every caller has left, so that a new caller needs another load. */
  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** The result for one more caller, which leaves when `leave` is aborted, or never if there is no signal. */
  join(leave: AbortSignal | undefined): Promise<T> {
    this.#waiting++;
    if (leave === undefined) return this.#result;
    const onLeave = (): void => this.#leave(leave.reason);
    // The loader has already started and may have aborted the signal itself.
    if (leave.aborted) onLeave();
    else {
      leave.addEventListener('abort', onLeave, { once: true });
      // A caller's signal may outlive many loads. It must not keep the listeners of those that have ended.
      void this.settled.then(() => leave.removeEventListener('abort', onLeave));
    }
    return this.#result;
  }

  #leave(reason: unknown): void {
    if (--this.#waiting === 0) this.#controller.abort(reason);
  }
}
