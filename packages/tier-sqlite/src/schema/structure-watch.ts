import type { SqliteDatabase } from '../database/load-binding.ts';
import { readSchema, type SchemaRow, type StructureCheck } from './check-structure.ts';
import { PlannerStatistics } from './planner-statistics.ts';

/** Between two looks of the reads at whether the schema changed, in milliseconds: it would cost each of them a sixth. */
const READ_INTERVAL_MS = 100;

/** Sees to it that a connection works only on a structure that was checked, also when another program changes it meanwhile. */
export class StructureWatch {
  readonly #db: SqliteDatabase;
  readonly #check: StructureCheck;
  readonly #version: () => unknown;
  readonly #now: () => number;
  readonly #statistics: PlannerStatistics;
  #accepted: unknown;
  /** The schema brings what the planner reads along. */
  #mayHaveStatistics = true;
  #addedIndexes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(db: SqliteDatabase, check: StructureCheck, now: () => number = () => performance.now()) {
    this.#db = db;
    this.#check = check;
    this.#statistics = new PlannerStatistics(db, check.names);
    const version = db.prepare('PRAGMA schema_version').pluck();
    this.#version = () => version.get();
    this.#now = now;
  }

  /**
   * Inside a write transaction nobody else changes the schema, so what is found holds until its end. Throws as
   * {@link StructureCheck.check}, and again at the next call: what was refused is looked at anew each time. `first` sees the rows before.
   */
  verify(first?: (rows: readonly SchemaRow[]) => void): void {
    // Before the rows: a change in between makes the next call look again.
    const version = this.#version();
    if (version === this.#accepted) return;
    const rows = readSchema(this.#db);
    first?.(rows);
    this.#addedIndexes = this.#check.check(rows);
    this.#accepted = version;
    this.#mayHaveStatistics = true;
  }

  /** As `verify`, inside a write transaction; also keeps statistics in the file from slowing down what follows. */
  verifyForWrite(): void {
    this.verify();
    if (!this.#mayHaveStatistics) return;
    this.#statistics.forget();
    this.#mayHaveStatistics = false;
  }

  /** Whether the next write has statistics to remove. */
  get hasStatistics(): boolean {
    return this.#statistics.isAny;
  }

  /** Indexes that others added to the tables, as far as they were accepted. */
  get addedIndexes(): number {
    return this.#addedIndexes;
  }

  /** As `verify`, now and then: what another program changed a moment ago may be read once. */
  verifySometimes(): void {
    const now = this.#now();
    if (now - this.#lookedAt < READ_INTERVAL_MS) return;
    this.verify();
    this.#lookedAt = now;
  }
}
