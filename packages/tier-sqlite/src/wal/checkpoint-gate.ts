/** Places in the shared memory. */
const WANTED = 0;
const STOPPED = 1;
const OPEN = 2;
const EMPTY = 3;
const PLACES = 4;

/** How the serving thread and the one that folds the log into the database tell each other what is wanted. */
export class FoldingGate {
  /** Handed to the other thread, which makes a gate of its own around it. */
  readonly memory: SharedArrayBuffer;
  readonly #places: Int32Array;

  constructor(memory = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#places = new Int32Array(memory);
  }

  /** Serving thread: the log has become long. */
  want(): void {
    Atomics.add(this.#places, WANTED, 1);
    Atomics.notify(this.#places, WANTED);
  }

  /** Serving thread: the log is to be emptied, so that nothing that was replaced stays in it. */
  wantEmpty(): void {
    Atomics.store(this.#places, EMPTY, 1);
    this.want();
  }

  /** Working thread: true if the log is to be emptied, once for each time that it was wanted. */
  takeEmpty(): boolean {
    return Atomics.exchange(this.#places, EMPTY, 0) === 1;
  }

  /** Serving thread: ends the work and waits, at most `timeoutMs`, until the other thread has closed its connection. */
  stop(timeoutMs: number): void {
    Atomics.store(this.#places, STOPPED, 1);
    this.want();
    if (Atomics.load(this.#places, OPEN) === 1) Atomics.wait(this.#places, OPEN, 1, timeoutMs);
  }

  /** Working thread: false if it must not open a connection any more. Whoever stops it sees that it is about to, or it sees the stop. */
  opens(): boolean {
    Atomics.store(this.#places, OPEN, 1);
    if (!this.isStopped) return true;
    this.closed();
    return false;
  }

  /** Working thread: its connection is closed. */
  closed(): void {
    Atomics.store(this.#places, OPEN, 0);
    Atomics.notify(this.#places, OPEN);
  }

  /** Working thread: waits until more is wanted than `before`; false if that did not happen in time. */
  awaitMore(before: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#places, WANTED, before, timeoutMs) !== 'timed-out';
  }

  get wanted(): number {
    return Atomics.load(this.#places, WANTED);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#places, STOPPED) === 1;
  }
}
