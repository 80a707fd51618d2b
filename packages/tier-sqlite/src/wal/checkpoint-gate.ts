/** Indexes into the shared memory. */
const REQUESTS = 0;
const STOPPED = 1;
const OPEN = 2;
const TRUNCATE = 3;
const LENGTH = 4;

/**
 * Shared state of the serving thread and its checkpoint worker. The serving thread counts up requests; the worker has
 * handled all of them once it has seen the current count. `OPEN` is 1 from before the worker opens its connection until
 * after it has closed it, so that `stop` returns only when no connection is left. Either side may be first: the worker
 * sets `OPEN` and then reads `STOPPED`, while `stop` sets `STOPPED` and then reads `OPEN`.
 */
export class CheckpointGate {
  /** Passed to the worker, which wraps it in a gate of its own. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory = new SharedArrayBuffer(LENGTH * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Serving thread: requests a checkpoint. */
  request(): void {
    Atomics.add(this.#state, REQUESTS, 1);
    Atomics.notify(this.#state, REQUESTS);
  }

  /** Serving thread: requests a checkpoint that truncates the log, so that no replaced page stays in it. */
  requestTruncate(): void {
    Atomics.store(this.#state, TRUNCATE, 1);
    this.request();
  }

  /** Serving thread: stops the worker and waits, at most `timeoutMs`, until it has closed its connection. */
  stop(timeoutMs: number): void {
    Atomics.store(this.#state, STOPPED, 1);
    this.request();
    if (Atomics.load(this.#state, OPEN) === 1) Atomics.wait(this.#state, OPEN, 1, timeoutMs);
  }

  /** Worker: announces that it will open a connection; false if it was stopped before and must not. */
  tryOpen(): boolean {
    Atomics.store(this.#state, OPEN, 1);
    if (!this.isStopped) return true;
    this.closed();
    return false;
  }

  /** Worker: reports that its connection is closed. */
  closed(): void {
    Atomics.store(this.#state, OPEN, 0);
    Atomics.notify(this.#state, OPEN);
  }

  /** Worker: true if the log is to be truncated, once per request for it. */
  takeTruncate(): boolean {
    return Atomics.exchange(this.#state, TRUNCATE, 0) === 1;
  }

  /** Worker: waits until there are more requests than `before`; false if none came in time. */
  awaitMore(before: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#state, REQUESTS, before, timeoutMs) !== 'timed-out';
  }

  get requests(): number {
    return Atomics.load(this.#state, REQUESTS);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#state, STOPPED) === 1;
  }
}
