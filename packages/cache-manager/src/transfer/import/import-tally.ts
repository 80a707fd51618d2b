import { type LogFields, type Logger, silentLogger } from '@pw/cache-models';
import { plural } from './plural.ts';

/** Why a row, or a part of it, did not come in as the file has it. */
export interface WarmProblem {
  /** Line of the file, counted from 1; the item's position in a JSON array; 0 for the file as a whole. */
  readonly line: number;
  /** Never quotes the file: a row may hold a password. */
  readonly reason: string;
}

/** What became of a file's rows. */
export interface WarmResult {
  /** Rows that at least one tier stored; several rows of one key count each. */
  readonly loaded: number;
  /** Rows that hold no usable proxy. */
  readonly skipped: number;
  /** Rows that could not be parsed or stored; a file that cannot be read counts one. */
  readonly failed: number;
  /** The first hundred problems. A loaded row has one when a part of it was left out. */
  readonly problems: readonly WarmProblem[];
  /** How many problems there were in all. */
  readonly problemCount: number;
}

/** What became of a row that is not loaded. */
export type RowFate = 'skipped' | 'failed';

const MAX_PROBLEMS = 100;

/** Counts rows, and keeps and logs the first problems: neither its size nor the log grows with the file. */
export class ImportTally {
  readonly #logger: Logger;
  readonly #fields: LogFields;
  loaded = 0;
  skipped = 0;
  failed = 0;
  readonly #problems: WarmProblem[] = [];
  #problemCount = 0;

  /** Each problem is logged as a warning: its line and reason, and the path of the file. */
  constructor(path: string, logger: Logger = silentLogger) {
    this.#logger = logger;
    this.#fields = { operation: 'import', file: path };
  }

  refuse(line: number, fate: RowFate, reason: string): void {
    this[fate]++;
    this.note(line, reason);
  }

  /** Something to know about a row, whatever became of it. */
  note(line: number, reason: string): void {
    this.#problemCount++;
    if (this.#problems.length >= MAX_PROBLEMS) return;
    this.#problems.push({ line, reason });
    this.#logger.warn({ ...this.#fields, line }, `import: ${reason}`);
  }

  /** Logs how many problems were not. To be called once, in the end. */
  end(): void {
    const more = this.#problemCount - this.#problems.length;
    if (more === 0) return;
    const fields = { ...this.#fields, problemCount: this.#problemCount };
    this.#logger.warn(fields, `import: and ${plural(more, 'problem', 'problems')} more`);
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
