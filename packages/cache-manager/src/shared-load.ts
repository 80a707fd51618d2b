/** One load, and how many still wait for it. It is abandoned when a caller's time is up and nobody else waits. */
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
    leave?.addEventListener('abort', () => this.#leave(leave.reason), { once: true });
    return this.#result;
  }

  #leave(reason: unknown): void {
    if (--this.#waiting === 0) this.#controller.abort(reason);
  }
}
