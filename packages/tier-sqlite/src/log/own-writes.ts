/**
 * More ranges are not kept: the oldest of those writes are then reported as if others had made them, which is harmless.
 */
const MOST_RANGES = 1000;

/**
 * The positions in the log that one connection added since a listener last asked: as ranges, because a transaction adds
 * positions that no other connection adds any between. Transactions that follow each other share a range.
 */
export class OwnWrites {
  #ranges: { readonly after: number; end: number }[] = [];
  /** Counts what was added. */
  #count = 0;
  #isKept = false;

  /** Grows with each transaction that added rows. */
  get count(): number {
    return this.#count;
  }

  /** To be called when there are listeners, and when there are none any more: without them nothing is noted. */
  keep(isKept: boolean): void {
    this.#isKept = isKept;
    if (!isKept) this.#ranges = [];
  }

  /** Notes a transaction that added positions above `after`, up to `end`. */
  add(after: number, end: number): void {
    if (end === after) return;
    this.#count++;
    if (!this.#isKept) return;
    const last = this.#ranges.at(-1);
    if (last?.end === after) last.end = end;
    else if (this.#ranges.push({ after, end }) > MOST_RANGES) this.#ranges.shift();
  }

  /** The positions that were not noted; `rows` are in the order of their positions. */
  others<T extends { readonly position: number }>(rows: readonly T[]): T[] {
    let at = 0;
    return rows.filter(({ position }) => {
      while (at < this.#ranges.length && this.#ranges[at]!.end < position) at++;
      return !(at < this.#ranges.length && position > this.#ranges[at]!.after);
    });
  }

  /** The position up to which all after `position` were noted. */
  skip(position: number): number {
    let end = position;
    while (this.#ranges[0]?.after === end) end = this.#ranges.shift()!.end;
    return end;
  }

  /** Forgets positions up to one, which will not be asked for again. */
  forget(position: number): void {
    this.#ranges = this.#ranges.filter(({ end }) => end > position);
  }
}
