/** Collects adjacent lines of one kind into one range. */
export class LineRunBuilder {
  /** Offset at which the next line of the run has to begin. */
  next = 0;
  offset = 0;
  length = 0;
  /** 0 if there is no run. */
  lines = 0;

  /** Adds a line if it continues the run and the run does not get longer than `most`. */
  join(offset: number, length: number, most: number): boolean {
    const joined = offset + length - this.offset;
    if (this.lines === 0 || offset !== this.next || joined > most) return false;
    this.length = joined;
    this.next = offset + length + 1;
    this.lines++;
    return true;
  }

  begin(offset: number, length: number): void {
    this.offset = offset;
    this.length = length;
    this.next = offset + length + 1;
    this.lines = 1;
  }

  end(): void {
    this.lines = 0;
  }
}
