import {
  type CacheEntry,
  CacheValidationError,
  type EntryFilter,
  type EntryPage,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  type HealthSchedule,
  MAX_KEY_BYTES,
  TierType,
} from '@pw/cache-models';
import {
  afterHealthCheck,
  changedEntry,
  checkFilter,
  checkOneOptionsObject,
  checkRecordArguments,
  type HealthCheck,
  isTooLongKey,
  maskHealthCheck,
  parseCursor,
  parseHealthCheck,
  parseHealthHistoryOptions,
  type SideValues,
  type TierHealthChecks,
} from '@pw/cache-models/tier';
import { healthOptions } from './check-tier-options.ts';
import { addHealthRecord, selectHealthHistory } from './health/health-history.ts';
import { parseRetention, pruneHistory, type RetentionLimits } from './health/health-retention.ts';
import { parseWindow, summarizeHealth } from './health/health-summary.ts';
import { MOST_CHECKS, type OnDamagedChecks } from './health/stored-checks.ts';
import type { HealthSummary, HealthWindow } from './health/summary-shape.ts';
import { EntryQuery } from './query/entry-query.ts';
import { drivingLabel } from './query/label-filter.ts';
import type { EntryRow } from './rows/entry-row.ts';
import type { RowStore } from './rows/row-store.ts';
import { L3_LAYOUT } from './schema/table-layout.ts';
import { SqliteSideValues } from './side-values.ts';
import { SQLITE_CAPABILITIES, SqliteTier } from './sqlite-tier.ts';
import type { SqliteCacheTierOptions } from './sqlite-tier-options.ts';

/** {@link TierHealthChecks} of a tier that returns values. */
interface SynchronousHealthChecks extends TierHealthChecks {
  record(key: string, check: HealthCheck, change: (entry: CacheEntry) => CacheEntry): CacheEntry | undefined;
  history(key: string, options?: HealthHistoryOptions): HealthRecord[];
}

/**
 * The third level: ProxyWhirl's table `cache_entries`, which can be queried by its fields, and a history of health
 * checks. Synchronous: results are values.
 */
export class SqliteCacheTier extends SqliteTier {
  /** See `CacheTier.sideValues`. */
  readonly sideValues: SideValues = new SqliteSideValues(this, {
    withStore: (work) => this.withStore(work),
    transact: (work) => this.transact(work),
  });
  /** Health checks with their history; see `CacheTier.health`. */
  readonly health: SynchronousHealthChecks = Object.freeze({
    record: (key: string, check: HealthCheck, change: (entry: CacheEntry) => CacheEntry) =>
      this.#record(key, check, change),
    history: (key: string, options?: HealthHistoryOptions) => this.healthHistory(key, options),
  });
  readonly #schedule: HealthSchedule;
  readonly #retention: RetentionLimits;
  readonly #mostChecks: number;
  readonly #passOverChecks: OnDamagedChecks = (error, count) => this.passOver(error, count);

  /**
   * Throws a CacheConfigError for a wrong configuration or option.
   *
   * @example
   * ```ts
   * const tier = new SqliteCacheTier({
   *   path: '.cache/proxies.db',
   *   cipher: new CredentialEncryptor(),
   *   healthRetention: { maxAgeMs: null },
   * });
   * ```
   */
  constructor(options: SqliteCacheTierOptions);
  constructor(options: SqliteCacheTierOptions, ...more: readonly unknown[]) {
    checkOneOptionsObject('SqliteCacheTier', more, '{ path, cipher, tierType }');
    super(
      options,
      {
        mode: 'sync',
        tierType: TierType.L3_SQLITE,
        capabilities: { ...SQLITE_CAPABILITIES, query: true, health: true },
        ownOptions: healthOptions(options),
      },
      { path: () => options.path, layout: L3_LAYOUT },
    );
    this.#schedule = options.healthSchedule ?? {};
    this.#retention = parseRetention(options.healthRetention ?? {});
    const { records } = this.#retention;
    this.#mostChecks = Number.isFinite(records) ? Math.max(records, MOST_CHECKS) : MOST_CHECKS;
  }

  /**
   * The entries that match a filter, page by page; counts no hits. Damaged entries, and those whose credentials no key
   * decrypts, are left out, so a page may be shorter than its limit: the last page is the one without a cursor. Throws
   * a CacheValidationError for a wrong filter; returns an empty page after a fault of the database.
   */
  query(filter: EntryFilter = {}): EntryPage {
    checkFilter(filter);
    const now = this.clock.now();
    // A wrong cursor is reported before the database is opened.
    if (filter.cursor !== undefined) parseCursor(filter.cursor, filter.orderBy ?? 'key', filter.direction ?? 'asc');
    return this.run<EntryPage>({ entries: [], cursor: null }, () => {
      const { query, rows } = this.withStore((store) => {
        const found = new EntryQuery(filter, L3_LAYOUT, now, drivingLabel(store, filter));
        const statement = store.statements.once(found.sql).raw();
        return { query: found, rows: statement.all(...found.values) as EntryRow[] };
      });
      const page = rows.slice(0, query.limit);
      const cursor = rows.length > page.length ? query.cursorAfter(page) : null;
      return { entries: this.decodeRows(page, now).filter((entry) => query.hasLabels(entry)), cursor };
    });
  }

  /**
   * Stores the result of a health check: a row in the history, and in the entry the last check, the counts, the status
   * and the time of the next check, with exponential backoff (`healthSchedule`). Credentials in the result's strings,
   * including the entry's own, are masked. Returns the updated entry; undefined if there is no live one, or after a
   * fault of the database. Throws a CacheValidationError for a wrong result.
   *
   * A manager uses {@link SqliteCacheTier.health} instead, so that its own schedule and thresholds decide.
   */
  recordHealthCheck(key: string, result: HealthCheckResult): CacheEntry | undefined {
    checkKey(key);
    const check = parseHealthCheck(result, this.clock.now());
    return this.#record(key, check, (entry) => afterHealthCheck(entry, check, { schedule: this.#schedule }));
  }

  #record(key: string, check: HealthCheck, change: (entry: CacheEntry) => CacheEntry): CacheEntry | undefined {
    checkRecordArguments(key, check, change);
    const changed = this.change(
      key,
      (entry) => changedEntry(entry, change),
      (store, entry, now) => this.recordCheck(store, check, entry, now),
    );
    // `change` never removes the entry.
    return changed as CacheEntry | undefined;
  }

  /** @internal */
  protected override recordCheck(store: RowStore, check: HealthCheck, entry: CacheEntry, now: number): void {
    addHealthRecord(store, entry.key, maskHealthCheck(check, entry));
    pruneHistory(store, entry.key, this.#retention, now);
  }

  /**
   * The health checks of a key, newest first, out of the latest 5,000 (or `maxRecordsPerKey`, if that is more); damaged
   * ones are skipped and counted. Throws a CacheValidationError for wrong options; returns an empty list after a fault
   * of the database.
   */
  healthHistory(key: string, options: HealthHistoryOptions = {}): HealthRecord[] {
    checkKey(key);
    const { since, limit } = parseHealthHistoryOptions(options);
    return this.run<HealthRecord[]>([], () =>
      this.withStore((store) =>
        selectHealthHistory(store, key, { since, limit, most: this.#mostChecks }, this.#passOverChecks),
      ),
    );
  }

  /**
   * Uptime and response times of a key in a window of time, out of the same checks as `healthHistory`. Throws a
   * CacheValidationError for a wrong window; returns a summary of no checks after a fault of the database.
   */
  healthSummary(key: string, window: HealthWindow = {}): HealthSummary {
    checkKey(key);
    const { since, until } = parseWindow(window);
    const nothing: HealthSummary = { checks: 0, successes: 0, failures: 0, uptime: null, responseTimeMs: null };
    return this.run<HealthSummary>(nothing, () =>
      this.withStore((store) =>
        summarizeHealth(store, key, { since, until, most: this.#mostChecks }, this.#passOverChecks),
      ),
    );
  }
}

function checkKey(key: unknown): void {
  if (typeof key === 'string' && !isTooLongKey(key)) return;
  const message = typeof key === 'string' ? `must be at most ${MAX_KEY_BYTES} bytes long` : 'must be a string';
  const problem = { path: 'key', message };
  throw new CacheValidationError(`health check: key: ${problem.message}`, { problems: [problem] });
}
