/** Marks the range from `start` (inclusive) to `end` (exclusive) of a text as something that must not be shown. */
export type Mark = (start: number, end: number) => void;

/** The ranges of a text to mask. They may overlap. */
export class Marks {
  readonly #length: number;
  #marked: Uint8Array | undefined;

  /** `length` of the text in UTF-16 units. */
  constructor(length: number) {
    this.#length = length;
  }

  readonly add: Mark = (start, end) => {
    if (start >= end) return;
    this.#marked ??= new Uint8Array(this.#length);
    // Many marks are one character long, and an assignment is cheaper than a call of `fill`.
    if (end === start + 1) this.#marked[start] = 1;
    else this.#marked.fill(1, start, end);
  };

  /** The text with one mask for each run of marked characters, regardless of its length. */
  apply(text: string, mask: string): string {
    const marked = this.#marked;
    if (marked === undefined) return text;
    const parts: string[] = [];
    let from = 0;
    for (let start = marked.indexOf(1); start >= 0; start = marked.indexOf(1, from)) {
      parts.push(text.slice(from, start), mask);
      const end = marked.indexOf(0, start);
      from = end < 0 ? text.length : end;
    }
    return parts.join('') + text.slice(from);
  }
}
