/** Indexes into the shared memory. */
const WAITING = 0;
const HELD = 1;
const STOPPED = 2;
const FINISHED = 3;
const REMOVED = 4;
const LENGTH = 5;

/**
 * Lets the serving thread write while a worker removes rows. One long transaction is several times cheaper than many
 * small ones, so the worker keeps its transaction open while the serving thread has nothing to write, and commits soon
 * after it has. `WAITING` counts the writers of the serving thread; `HELD` is 1 while the worker has a transaction. A
 * writer announces itself before it waits for `HELD`, and the worker claims `HELD` only when it sees no writer or has
 * waited long enough, so neither side starves.
 */
export class CleanupGate {
  /** Passed to the worker, which wraps it in a gate of its own. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory = new SharedArrayBuffer(LENGTH * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Serving thread: runs a write between two transactions of the worker, for which it waits at most `timeoutMs`. */
  pass<T>(write: () => T, timeoutMs: number): T {
    Atomics.add(this.#state, WAITING, 1);
    try {
      Atomics.wait(this.#state, HELD, 1, timeoutMs);
      return write();
    } finally {
      Atomics.sub(this.#state, WAITING, 1);
      Atomics.notify(this.#state, WAITING);
    }
  }

  /** Serving thread: stops the worker and waits, at most `timeoutMs`, until it has closed its connection. */
  stop(timeoutMs: number): void {
    Atomics.store(this.#state, STOPPED, 1);
    if (Atomics.load(this.#state, HELD) === 1) Atomics.wait(this.#state, FINISHED, 0, timeoutMs);
  }

  /** Rows removed by committed transactions. */
  get removed(): number {
    return Atomics.load(this.#state, REMOVED);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#state, STOPPED) === 1;
  }

  /** Worker: true if its transaction should end now. */
  get isWanted(): boolean {
    return Atomics.load(this.#state, WAITING) > 0 || this.isStopped;
  }

  /** Worker: waits until no write is announced, at most `timeoutMs`, then claims the next transaction. */
  hold(timeoutMs: number): void {
    const waiting = Atomics.load(this.#state, WAITING);
    if (waiting > 0) Atomics.wait(this.#state, WAITING, waiting, timeoutMs);
    Atomics.store(this.#state, HELD, 1);
  }

  /** Worker: reports that its transaction, which removed this many rows, was committed, or was rolled back. */
  release(removed: number): void {
    Atomics.add(this.#state, REMOVED, removed);
    Atomics.store(this.#state, HELD, 0);
    Atomics.notify(this.#state, HELD);
  }

  /** Worker: reports that its connection is closed. */
  finish(): void {
    Atomics.store(this.#state, FINISHED, 1);
    Atomics.notify(this.#state, FINISHED);
  }
}
