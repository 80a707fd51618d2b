/** Places in the shared memory. */
const WANTED = 0;
const HELD = 1;
const STOPPED = 2;
const FINISHED = 3;
const REMOVED = 4;
const PLACES = 5;

/**
 * How the thread that removes expired rows gives way to the thread that serves: it works in one transaction as long as nobody
 * else wants to write, which is several times cheaper than many small ones, and commits soon after somebody does.
 */
export class CleanupGate {
  /** Handed to the other thread, which makes a gate of its own around it. */
  readonly memory: SharedArrayBuffer;
  readonly #places: Int32Array;

  constructor(memory = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#places = new Int32Array(memory);
  }

  /** Serving thread: runs a write while the other one holds no transaction; waits for that at most `timeoutMs`. */
  pass<T>(write: () => T, timeoutMs: number): T {
    Atomics.add(this.#places, WANTED, 1);
    try {
      Atomics.wait(this.#places, HELD, 1, timeoutMs);
      return write();
    } finally {
      Atomics.sub(this.#places, WANTED, 1);
      Atomics.notify(this.#places, WANTED);
    }
  }

  /** Serving thread: ends the work soon and waits, at most `timeoutMs`, until the other thread has closed its connection. */
  stop(timeoutMs: number): void {
    Atomics.store(this.#places, STOPPED, 1);
    if (Atomics.load(this.#places, HELD) === 1) Atomics.wait(this.#places, FINISHED, 0, timeoutMs);
  }

  /** How many rows are gone for good. */
  get removed(): number {
    return Atomics.load(this.#places, REMOVED);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#places, STOPPED) === 1;
  }

  /** Working thread: true when the transaction should end now. */
  get isWanted(): boolean {
    return Atomics.load(this.#places, WANTED) > 0 || this.isStopped;
  }

  /** Working thread: waits until nobody wants to write, at most `timeoutMs`, then claims the turn. */
  hold(timeoutMs: number): void {
    const wanted = Atomics.load(this.#places, WANTED);
    if (wanted > 0) Atomics.wait(this.#places, WANTED, wanted, timeoutMs);
    Atomics.store(this.#places, HELD, 1);
  }

  /** Working thread: after the commit, or the rollback, of a transaction that removed so many rows. */
  release(removed: number): void {
    Atomics.add(this.#places, REMOVED, removed);
    Atomics.store(this.#places, HELD, 0);
    Atomics.notify(this.#places, HELD);
  }

  /** Working thread: the connection is closed. */
  finish(): void {
    Atomics.store(this.#places, FINISHED, 1);
    Atomics.notify(this.#places, FINISHED);
  }
}
