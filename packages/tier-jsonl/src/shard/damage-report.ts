import type { ByteRange, LineRun } from '../lines/byte-range.ts';

/** Damaged lines that are counted before the event loop may have a turn. */
const AT_A_TIME = 4096;

/** Stretches that are remembered. A table of very many takes long to grow. */
const MOST_KNOWN = 10_000;

/**
 * Counts the damaged lines of a file, each of them once however often they are met. Where there are very many, what is damaged later between
 * them may not be counted until they have been set aside.
 */
export class DamageReport {
  /** Those that were counted, by their offset. */
  readonly #known = new Map<number, LineRun>();
  /** Everything before this offset was counted. */
  #knownUpTo = 0;
  readonly #onDamaged: (count: number) => void;

  constructor(onDamaged: (count: number) => void) {
    this.#onDamaged = onDamaged;
  }

  /** A line was counted by whoever read it. */
  markCounted(range: ByteRange): void {
    this.#known.set(range.offset, { ...range, lines: 1 });
  }

  /** The file is another one, or nothing in it is damaged any more. */
  forget(): void {
    this.#known.clear();
    this.#knownUpTo = 0;
  }

  /** Tells how many of these are new. Rests after each piece. */
  *countSteps(damaged: Iterable<LineRun>): Generator<void, void> {
    let count = 0;
    let runs = 0;
    for (const run of damaged) {
      const known = this.#known.get(run.offset);
      if (known === undefined ? run.offset < this.#knownUpTo : known.length === run.length) continue;
      // Of a run that grew the lines that are new; one that shrank has none.
      const before = known === undefined || known.lines === run.lines ? 0 : known.lines;
      count += Math.max(0, run.lines - before);
      if (known !== undefined || this.#known.size < MOST_KNOWN) this.#known.set(run.offset, run);
      else this.#knownUpTo = run.offset + run.length;
      if (++runs % AT_A_TIME === 0) yield;
    }
    if (count > 0) this.#onDamaged(count);
  }
}
