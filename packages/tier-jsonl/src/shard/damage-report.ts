import type { ByteRange, LineRun } from '../lines/byte-range.ts';

/** Runs that are counted before the event loop may get a turn. */
const AT_A_TIME = 4096;

/** Largest number of runs that are remembered, since a larger table takes long to grow. */
const MOST_KNOWN = 10_000;

/**
 * Counts each damaged line of a file once, however often it is found. If there are very many, a line between counted
 * ones that becomes damaged later may be missed until the counted ones have been set aside.
 */
export class DamageReport {
  /** Counted runs, by offset. */
  readonly #known = new Map<number, LineRun>();
  /** Everything before this offset was counted. */
  #knownUpTo = 0;
  readonly #onDamaged: (count: number) => void;

  constructor(onDamaged: (count: number) => void) {
    this.#onDamaged = onDamaged;
  }

  /** Marks a line as counted by its reader. */
  markCounted(range: ByteRange): void {
    this.#known.set(range.offset, { ...range, lines: 1 });
  }

  /** Starts again: the file was replaced, or contains no damage any more. */
  forget(): void {
    this.#known.clear();
    this.#knownUpTo = 0;
  }

  /** Counts the lines that were not counted before, and reports their number. Yields after each piece. */
  *countSteps(damaged: Iterable<LineRun>): Generator<void, void> {
    let count = 0;
    let runs = 0;
    for (const run of damaged) {
      const known = this.#known.get(run.offset);
      if (known === undefined ? run.offset < this.#knownUpTo : known.length === run.length) continue;
      // In a run that grew, only the new lines count; a run that shrank has none.
      const before = known === undefined || known.lines === run.lines ? 0 : known.lines;
      count += Math.max(0, run.lines - before);
      if (known !== undefined || this.#known.size < MOST_KNOWN) this.#known.set(run.offset, run);
      else this.#knownUpTo = run.offset + run.length;
      if (++runs % AT_A_TIME === 0) yield;
    }
    if (count > 0) this.#onDamaged(count);
  }
}
