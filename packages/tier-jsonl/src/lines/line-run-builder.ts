/** Lines of one kind that follow one another, kept as one place. */
export class LineRunBuilder {
  /** Offset at which a line has to begin to belong to it. */
  next = 0;
  offset = 0;
  length = 0;
  /** None if there is no run. */
  lines = 0;

  /** Adds a line to the lines that it follows, if it does and they do not become longer than `most`. */
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
