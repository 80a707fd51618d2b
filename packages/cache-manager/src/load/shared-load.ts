/** One load, and how many still wait for it. It is abandoned when a caller has left, by its deadline or its signal, and nobody else waits. */
export class SharedLoad<T> {
  /** Resolves once the load has ended in any way, and `ended` was called. */
  readonly settled: Promise<void>;
  readonly #result: Promise<T>;
  readonly #controller = new AbortController();
  #waiting = 0;

  constructor(load: (signal: AbortSignal) => Promise<T>, ended: () => void) {
    this.#result = load(this.#controller.signal);
    this.settled = this.#result.then(ended, ended);
  }

  /** True once nobody waits any more: whoever comes now needs another load. */
  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** The result, for one who waits until `leave` is aborted; without it, for as long as it takes. */
  join(leave: AbortSignal | undefined): Promise<T> {
    this.#waiting++;
    if (leave === undefined) return this.#result;
    const left = (): void => this.#leave(leave.reason);
    // The loader has begun, and may have done it itself.
    if (leave.aborted) left();
    else {
      leave.addEventListener('abort', left, { once: true });
      // A caller's signal may outlive many loads, and must tell one that has ended nothing any more.
      void this.settled.then(() => leave.removeEventListener('abort', left));
    }
    return this.#result;
  }

  #leave(reason: unknown): void {
    if (--this.#waiting === 0) this.#controller.abort(reason);
  }
}
