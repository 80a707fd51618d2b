/** Milliseconds of work before the event loop gets a turn. */
const SLICE_MS = 4;

/** Measures stepwise work, so that it can yield to the event loop in time. */
export class TimeSlice {
  #end = performance.now() + SLICE_MS;

  /** True once the slice is used up; a new one then begins. */
  renewIfOver(): boolean {
    const now = performance.now();
    if (now < this.#end) return false;
    this.#end = now + SLICE_MS;
    return true;
  }
}
