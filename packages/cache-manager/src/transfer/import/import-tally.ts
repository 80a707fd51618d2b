import { type LogFields, type Logger, silentLogger } from '@pw/cache-models';
import { plural } from './plural.ts';

/** Why a row, or part of it, was not imported as it is in the file. */
export interface WarmProblem {
  /** Line of the file or position in a JSON array, counted from 1; 0 for the file as a whole. */
  readonly line: number;
  /** Never quotes the file: a row may contain a password. */
  readonly reason: string;
}

/** The outcome of an import. */
export interface WarmResult {
  /** Rows that at least one tier stored. If several rows have the same key, each counts. */
  readonly loaded: number;
  /** Rows that contain nothing like a proxy. */
  readonly skipped: number;
  /** Rows that could not be parsed or stored; an unreadable file counts as one. */
  readonly failed: number;
  /** The first hundred problems. A loaded row has one if a part of it was left out. */
  readonly problems: readonly WarmProblem[];
  /** The total number of problems. */
  readonly problemCount: number;
}

/** The outcome of a row that is not loaded. */
export type RowFate = 'skipped' | 'failed';

const MAX_PROBLEMS = 100;

/** Counts rows, and keeps and logs the first problems, so that neither memory nor the log grows with the file. */
export class ImportTally {
  readonly #logger: Logger;
  readonly #fields: LogFields;
  loaded = 0;
  skipped = 0;
  failed = 0;
  readonly #problems: WarmProblem[] = [];
  #problemCount = 0;

  /** Each problem is logged as a warning with its line and reason and the path of the file. */
  constructor(path: string, logger: Logger = silentLogger) {
    this.#logger = logger;
    this.#fields = { operation: 'import', file: path };
  }

  refuse(line: number, fate: RowFate, reason: string): void {
    this[fate]++;
    this.note(line, reason);
  }

  /** Reports a problem without deciding the outcome of the row. */
  note(line: number, reason: string): void {
    this.#problemCount++;
    if (this.#problems.length >= MAX_PROBLEMS) return;
    this.#problems.push({ line, reason });
    this.#logger.warn({ ...this.#fields, line }, `import: ${reason}`);
  }

  /** Logs the number of problems that were not logged. Call it once, at the end. */
  end(): void {
    const more = this.#problemCount - this.#problems.length;
    if (more === 0) return;
    const fields = { ...this.#fields, problemCount: this.#problemCount };
    this.#logger.warn(fields, `import: ${plural(more, 'more problem', 'more problems')} not logged`);
  }

  get result(): WarmResult {
    return {
      loaded: this.loaded,
      skipped: this.skipped,
      failed: this.failed,
      problems: this.#problems,
      problemCount: this.#problemCount,
    };
  }
}
