import type { SqliteDatabase } from '../database/load-binding.ts';
import { readSchema, type SchemaRow, type StructureCheck } from './check-structure.ts';
import { PlannerStatistics } from './planner-statistics.ts';

/** How often reads query the schema version, in milliseconds: doing it every time would add a sixth to their cost. */
const READ_INTERVAL_MS = 100;

/**
 * Ensures that a connection works only on a schema that was checked, even if another program changes it meanwhile.
 *
 * `#accepted` is the `schema_version` of the last accepted check. Inside a write transaction no other connection can
 * change the schema, so there a verified schema stays valid until the end; reads verify from time to time only. A
 * refused schema is not remembered: every call checks it again until it is repaired. A changed schema may bring
 * statistics, which the next write transaction removes.
 */
export class StructureWatch {
  readonly #db: SqliteDatabase;
  readonly #check: StructureCheck;
  readonly #version: () => unknown;
  readonly #now: () => number;
  readonly #statistics: PlannerStatistics;
  #accepted: unknown;
  /** SQLite loads statistics with the schema. */
  #mayHaveStatistics = true;
  #addedIndexes = 0;
  #verifiedAt = Number.NEGATIVE_INFINITY;

  constructor(db: SqliteDatabase, check: StructureCheck, now: () => number = () => performance.now()) {
    this.#db = db;
    this.#check = check;
    this.#statistics = new PlannerStatistics(db, check.names);
    const version = db.prepare('PRAGMA schema_version').pluck();
    this.#version = () => version.get();
    this.#now = now;
  }

  /**
   * Throws like {@link StructureCheck.check} if the schema changed and is not accepted. `first` inspects the rows
   * before they are checked.
   */
  verify(first?: (rows: readonly SchemaRow[]) => void): void {
    // Queried before the rows, so that a change in between is noticed by the next call.
    const version = this.#version();
    if (version === this.#accepted) return;
    const rows = readSchema(this.#db);
    first?.(rows);
    this.#addedIndexes = this.#check.check(rows);
    this.#accepted = version;
    this.#mayHaveStatistics = true;
  }

  /**
   * Like `verify`, inside a write transaction; also removes statistics that would slow down the following statements.
   */
  verifyForWrite(): void {
    this.verify();
    if (!this.#mayHaveStatistics) return;
    this.#statistics.remove();
    this.#mayHaveStatistics = false;
  }

  /** True if the next write has statistics to remove. */
  get hasStatistics(): boolean {
    return this.#statistics.exist;
  }

  /** The number of accepted indexes that others added to the tables. */
  get addedIndexes(): number {
    return this.#addedIndexes;
  }

  /**
   * Like `verify`, but at most every {@link READ_INTERVAL_MS}: a read may see what another program changed a moment
   * ago.
   */
  verifyIfStale(): void {
    const now = this.#now();
    if (now - this.#verifiedAt < READ_INTERVAL_MS) return;
    this.verify();
    this.#verifiedAt = now;
  }
}
