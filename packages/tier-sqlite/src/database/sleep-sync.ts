const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for some milliseconds. */
export function sleepSync(ms: number): void {
  Atomics.wait(neverNotified, 0, 0, ms);
}
