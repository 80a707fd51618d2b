import type { LineRun } from './byte-range.ts';

/** Ranges per chunk. With many ranges, a single growing array would spend most of the time copying. */
const CHUNK = 512;

interface Chunk {
  readonly offset: Float64Array;
  readonly length: Uint32Array;
  readonly lines: Uint32Array;
}

/**
 * Byte ranges in columns: in a file where every other line is damaged or foreign, an object per range took longer than
 * reading the lines.
 */
export class RangeList implements Iterable<LineRun> {
  readonly #chunks: Chunk[] = [];
  #last: Chunk | undefined;
  #length = 0;
  #end = 0;
  #isInOrder = true;

  get length(): number {
    return this.#length;
  }

  /** True if the offsets ascend. */
  get isInOrder(): boolean {
    return this.#isInOrder;
  }

  add(offset: number, length: number, lines = 1): void {
    const at = this.#length++ % CHUNK;
    if (at === 0) {
      this.#last = { offset: new Float64Array(CHUNK), length: new Uint32Array(CHUNK), lines: new Uint32Array(CHUNK) };
      this.#chunks.push(this.#last);
    }
    const last = this.#last!;
    last.offset[at] = offset;
    last.length[at] = length;
    last.lines[at] = lines;
    if (offset < this.#end) this.#isInOrder = false;
    this.#end = offset;
  }

  /** The ranges from an index on. */
  from(first: number): RangeList {
    const list = new RangeList();
    for (let at = first; at < this.#length; at++) {
      const { offset, length, lines } = this.#chunks[Math.floor(at / CHUNK)]!;
      list.add(offset[at % CHUNK]!, length[at % CHUNK]!, lines[at % CHUNK]!);
    }
    return list;
  }

  *[Symbol.iterator](): Generator<LineRun, void> {
    for (let at = 0; at < this.#length; at++) {
      const { offset, length, lines } = this.#chunks[Math.floor(at / CHUNK)]!;
      yield { offset: offset[at % CHUNK]!, length: length[at % CHUNK]!, lines: lines[at % CHUNK]! };
    }
  }
}
