import {
  CacheConfigError,
  type CacheEntry,
  type CacheTierConfigInput,
  type InstantInput,
  MIN_INSTANT,
  TierType,
} from '@pw/cache-models';
import { checkFilter, Problems, toInstant } from './check-filter.ts';
import type { EntryFilter, EntryPage } from './entry-filter.ts';
import { EntryQuery } from './entry-query.ts';
import type { EntryRow } from './entry-row.ts';
import { afterHealthCheck, type HealthCheckResult, type HealthSchedule, parseHealthCheck } from './health-check.ts';
import { addHealthRecord, type HealthRecord, readHealthHistory } from './health-history.ts';
import { SqliteTier, type SqliteTierOptions } from './sqlite-tier.ts';
import { L3_LAYOUT } from './table-layout.ts';

export interface SqliteCacheTierOptions extends SqliteTierOptions {
  /** The database file; folders that are missing are made with mode 0700. */
  readonly path: string;
  /** When entries are to be checked again. */
  readonly healthSchedule?: HealthSchedule | undefined;
}

export interface HealthHistoryOptions {
  /** Only checks from this time on. */
  readonly since?: InstantInput | undefined;
  /** Most checks: 1 to 10000, default 100. */
  readonly limit?: number | undefined;
}

const DEFAULT_HISTORY = 100;
const MAX_HISTORY = 10_000;

/**
 * The third level: ProxyWhirl's `cache_entries`, which can be queried by its fields, and a history of health checks.
 * Synchronous: results are values.
 */
export class SqliteCacheTier extends SqliteTier {
  readonly #schedule: HealthSchedule;

  /** Throws a CacheConfigError for a wrong configuration or option. */
  constructor(config: CacheTierConfigInput, options: SqliteCacheTierOptions) {
    super(
      config,
      options,
      {
        mode: 'sync',
        tierType: TierType.L3_SQLITE,
        capabilities: { persistent: true, shared: true, ordered: false, query: true, healthHistory: true },
      },
      { path: options?.path, layout: L3_LAYOUT },
    );
    this.#schedule = options.healthSchedule ?? {};
    checkSchedule(this.#schedule, this.name);
  }

  /**
   * The entries that fit a filter, a page at a time; counts no hits. Damaged entries, and those whose credentials no key
   * opens, are left out, so a page may be shorter than its limit: the last one is the one without a cursor.
   * Throws a CacheValidationError for a wrong filter; a fault of the database gives an empty page.
   */
  query(filter: EntryFilter = {}): EntryPage {
    checkFilter(filter);
    const now = this.clock.now();
    const query = new EntryQuery(filter, L3_LAYOUT, now);
    return this.attempt<EntryPage>({ entries: [], cursor: null }, () => {
      const rows = this.read((store) =>
        store.db
          .prepare(query.sql)
          .raw()
          .all(...query.values),
      ) as EntryRow[];
      const page = rows.slice(0, query.limit);
      const cursor = rows.length > page.length ? query.cursorAfter(page.at(-1)!) : null;
      return { entries: this.readable(page, now), cursor };
    });
  }

  /**
   * Stores the outcome of a check: a row of the history, and in the entry the last check, the counts, the state and the
   * time of the next check, which backs off exponentially. Gives the entry as it is now; undefined if no live one is there, or after a
   * fault of the database. Throws a CacheValidationError for a wrong result.
   */
  recordHealthCheck(key: string, result: HealthCheckResult): CacheEntry | undefined {
    checkKey(key);
    const now = this.clock.now();
    const check = parseHealthCheck(result, now);
    return this.attempt<CacheEntry | undefined>(undefined, () => {
      // Read outside the transaction first: a damaged row is set aside in one of its own.
      if (this.doGet(key, now) === undefined) return undefined;
      return this.write((store) => {
        const row = store.row(key);
        if (row === undefined) return undefined;
        const entry = store.decode(row);
        if (entry.isExpiredAt(now)) return undefined;
        const updated = afterHealthCheck(entry, check, this.#schedule);
        store.put(updated, now);
        addHealthRecord(store, key, check);
        return updated;
      });
    });
  }

  /**
   * The checks of a key, newest first. Throws a CacheValidationError for wrong options; a fault of the database gives
   * an empty list.
   */
  healthHistory(key: string, options: HealthHistoryOptions = {}): HealthRecord[] {
    checkKey(key);
    const { since = MIN_INSTANT, limit = DEFAULT_HISTORY } = options;
    const from = toInstant(since);
    const problems = new Problems();
    problems.check(from !== undefined, 'since', 'must be a time');
    const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= MAX_HISTORY;
    problems.check(isLimit, 'limit', `must be a whole number from 1 to ${MAX_HISTORY}`);
    problems.throwIfAny('health history');
    return this.attempt<HealthRecord[]>([], () => this.read((store) => readHealthHistory(store, key, from!, limit)));
  }
}

function checkKey(key: unknown): void {
  const problems = new Problems();
  problems.check(typeof key === 'string', 'key', 'must be a text');
  problems.throwIfAny('health check');
}

function checkSchedule({ intervalMs = 1, maxIntervalMs = 1, jitter = 0 }: HealthSchedule, tier: string): void {
  const isTime = (value: number): boolean => Number.isFinite(value) && value > 0;
  if (isTime(intervalMs) && isTime(maxIntervalMs) && jitter >= 0 && jitter <= 1) return;
  const message = 'intervals must be above 0 milliseconds, jitter from 0 to 1';
  throw new CacheConfigError(`${tier}: healthSchedule: ${message}`, {
    tier,
    problems: [{ path: 'healthSchedule', message }],
  });
}
