import {
  type ArgumentKind,
  afterHealthCheck,
  CacheEntry,
  type Clock,
  checkOptionsObject,
  DEFAULT_PAGE_SIZE,
  type EntryFilter,
  type EntryPage,
  type HealthCheck,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  type HealthSchedule,
  HealthStatus,
  maskHealthCheck,
  optional,
  parseHealthCheck,
  parseHealthHistoryOptions,
  RemovalReason,
  wholeNumber,
} from '@pw/cache-models';
import { isSameProxy } from '../is-same-proxy.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { type HealthThresholds, stateAfter } from './health-thresholds.ts';

export interface HealthChecksOptions {
  readonly clock: Clock;
  /** The number of failures, counted by `invalidate`, after which an entry is removed; `undefined` for never. */
  readonly removeAfter: number | undefined;
  readonly thresholds: HealthThresholds;
  readonly schedule: HealthSchedule;
}

export interface DueOptions {
  /** The most entries returned: 1 to 10000. Default 100. */
  readonly limit?: number | undefined;
}

const DUE_OPTIONS: Readonly<Record<keyof DueOptions, ArgumentKind>> = Object.freeze({
  limit: optional(wholeNumber(1, 10_000)),
});

/** Records and reports the health of the entries of a stack. */
export class HealthChecks {
  readonly #stack: TierStack;
  readonly #options: HealthChecksOptions;

  constructor(stack: TierStack, options: HealthChecksOptions) {
    this.#stack = stack;
    this.#options = options;
  }

  /** Counts a failure and marks the entry unhealthy, or removes it. */
  async invalidate(key: string): Promise<void> {
    const { removeAfter } = this.#options;
    const fail = (entry: CacheEntry): CacheEntry | null => {
      const failureCount = entry.failureCount + 1;
      if (removeAfter !== undefined && failureCount >= removeAfter) return null;
      return entry.with({ failureCount, healthStatus: HealthStatus.UNHEALTHY });
    };
    await this.#stack.update(key, fail, RemovalReason.HEALTH);
  }

  /** Stores the result of a check in every tier, and in the history of the tier that keeps one. */
  async record(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    const check = parseHealthCheck(result, this.#options.clock.now());
    return this.#stack.withNewest(key, (entry) => this.#apply(entry, check));
  }

  /** The checks of a key, the latest first, from the lowest tier that keeps a history. */
  async history(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
    parseHealthHistoryOptions(options);
    const tier = this.#historyTier(key);
    if (tier === undefined) return [];
    const records = await tier.call<HealthRecord[]>((inner) => inner.healthHistory?.(key, options) ?? [], []);
    return Array.isArray(records) ? records : [];
  }

  /** Entries that are due for a check: those never checked first, then in the order of their next check. */
  async due(options: DueOptions, query: (filter: EntryFilter) => Promise<EntryPage>): Promise<CacheEntry[]> {
    checkOptionsObject(options, DUE_OPTIONS, { what: 'dueForHealthCheck' });
    const { limit = DEFAULT_PAGE_SIZE } = options;
    const found = await neverChecked(limit, query);
    if (found.length >= limit) return found;
    const checkDueBy = this.#options.clock.now();
    const left = limit - found.length;
    const { entries } = await query({ checkDueBy, orderBy: 'nextCheckTime', limit: left });
    return [...found, ...entries];
  }

  async #apply(entry: CacheEntry, parsed: HealthCheck): Promise<CacheEntry> {
    // A third-party tier stores the check unchanged, so credentials are masked here.
    const check = maskHealthCheck(parsed, entry);
    const tier = this.#historyTier(entry.key);
    const recorded = tier === undefined ? undefined : await recordIn(tier, entry, check);
    const checked = recorded ?? afterHealthCheck(entry, check, this.#options.schedule);
    const isNewest = checked.lastHealthCheck === check.checkTime;
    const healthStatus = isNewest
      ? stateAfter(entry.healthStatus, checked, check.responseTimeMs, this.#options.thresholds)
      : checked.healthStatus;
    // Reads of the first tier take no lock, so accesses may have been counted meanwhile.
    const newest = this.#stack.overlay(entry);
    // The entry is put into the first tier too, so the mark that this tier evicted it is removed.
    const after = CacheEntry.restore({
      ...newest.toFields(),
      ...healthOf(checked),
      healthStatus,
      evictedFromL1: false,
    });
    const isStored = recorded !== undefined && recorded.healthStatus === healthStatus && !recorded.evictedFromL1;
    await this.#stack.putLocked(after, isStored ? tier : undefined);
    return after;
  }

  #historyTier(key: string): ManagedTier | undefined {
    return this.#stack.tiers.findLast((tier) => tier.capabilities.healthHistory && tier.canRead(key));
  }
}

/**
 * Records a check in a tier and returns the tier's entry after it; `undefined` if that failed. If the tier does not
 * have the entry, or has another proxy under its key, the entry is put first.
 */
async function recordIn(tier: ManagedTier, entry: CacheEntry, check: HealthCheck): Promise<CacheEntry | undefined> {
  const { key } = entry;
  const before = tier.faults;
  const record = () => tier.call<CacheEntry | undefined>((inner) => inner.recordHealthCheck?.(key, check), undefined);
  const found = await record();
  if (isVersionOf(entry, found)) return found;
  if (tier.faults !== before || !(await tier.put(key, entry))) return undefined;
  const again = await record();
  return isVersionOf(entry, again) ? again : undefined;
}

function isVersionOf(entry: CacheEntry, found: unknown): found is CacheEntry {
  return CacheEntry.isCacheEntry(found) && found.key === entry.key && isSameProxy(entry, found);
}

/** Entries that were never checked. They have no next check, and a query in descending order returns them first. */
async function neverChecked(limit: number, query: (filter: EntryFilter) => Promise<EntryPage>): Promise<CacheEntry[]> {
  const found: CacheEntry[] = [];
  let cursor: string | undefined;
  do {
    const left = limit - found.length;
    const page = await query({ orderBy: 'nextCheckTime', direction: 'desc', limit: left, cursor });
    for (const entry of page.entries) {
      if (entry.nextCheckTime !== null) return found;
      found.push(entry);
    }
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

function healthOf(entry: CacheEntry): Pick<CacheEntry, HealthField> {
  return Object.fromEntries(HEALTH_FIELDS.map((field) => [field, entry[field]])) as Pick<CacheEntry, HealthField>;
}

const HEALTH_FIELDS = [
  'lastHealthCheck',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'nextCheckTime',
  'lastHealthError',
  'totalHealthChecks',
  'totalHealthCheckFailures',
] as const;
type HealthField = (typeof HEALTH_FIELDS)[number];
