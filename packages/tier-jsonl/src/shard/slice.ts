/** Milliseconds of work before the event loop gets a turn. */
const SLICE_MS = 4;

/** Tells of work that is done piece by piece when a turn of it is over. */
export class TimeSlice {
  #end = performance.now() + SLICE_MS;

  /** True, and a new turn begins, once this one has taken its time. */
  renewIfOver(): boolean {
    const now = performance.now();
    if (now < this.#end) return false;
    this.#end = now + SLICE_MS;
    return true;
  }
}
