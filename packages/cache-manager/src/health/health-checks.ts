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
import type { TierSlot } from '../tier/managed-tier.ts';
import { type HealthThresholds, stateAfter } from './health-thresholds.ts';

export interface HealthChecksOptions {
  readonly clock: Clock;
  /** Failures, counted by `invalidate`, that remove an entry; `undefined`: none does. */
  readonly removeAfter: number | undefined;
  readonly thresholds: HealthThresholds;
  readonly schedule: HealthSchedule;
}

/** Which entries with a check due are wanted. */
export interface DueOptions {
  /** Most entries: 1 to 10000, default 100. */
  readonly limit?: number | undefined;
}

const DUE_OPTIONS: Readonly<Record<keyof DueOptions, ArgumentKind>> = Object.freeze({
  limit: optional(wholeNumber(1, 10_000)),
});

/** The health of the entries of a stack. */
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

  /** Puts the outcome of a check into every tier, and into the history of the one that keeps one. */
  async record(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    const check = parseHealthCheck(result, this.#options.clock.now());
    return this.#stack.withNewest(key, (entry) => this.#apply(entry, check));
  }

  /** The checks of a key, newest first, from the lowest tier that keeps a history. */
  async history(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
    parseHealthHistoryOptions(options);
    const slot = this.#historySlot(key);
    if (slot === undefined) return [];
    const records = await slot.ask<HealthRecord[]>((tier) => tier.healthHistory?.(key, options) ?? [], []);
    return Array.isArray(records) ? records : [];
  }

  /** Entries whose check is due: those never checked first, then by the time of the next check. */
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
    // A tier of somebody else's stores what it is given.
    const check = maskHealthCheck(parsed, entry);
    const slot = this.#historySlot(entry.key);
    const recorded = slot === undefined ? undefined : await recordIn(slot, entry, check);
    const checked = recorded ?? afterHealthCheck(entry, check, this.#options.schedule);
    const isNewest = checked.lastHealthCheck === check.checkTime;
    const healthStatus = isNewest
      ? stateAfter(entry.healthStatus, checked, check.responseTimeMs, this.#options.thresholds)
      : checked.healthStatus;
    // Reads of the first tier hold no lock: their counts of the last moment are not to be lost.
    const newest = this.#stack.overlay(entry);
    // Written to all tiers, the first one too: it is not evicted from there any more.
    const after = CacheEntry.restore({ ...newest, ...healthOf(checked), healthStatus, evictedFromL1: false });
    const isStored = recorded !== undefined && recorded.healthStatus === healthStatus && !recorded.evictedFromL1;
    await this.#stack.writeLocked(after, isStored ? slot : undefined);
    return after;
  }

  #historySlot(key: string): TierSlot | undefined {
    return this.#stack.slots.findLast(
      (slot) => slot.tell((tier) => tier.capabilities.healthHistory) === true && slot.answersFor(key),
    );
  }
}

/**
 * The entry as the tier has it after the check; `undefined` if that failed. A tier that lost the entry gets it again, and so does one
 * that has another proxy under its key.
 */
async function recordIn(slot: TierSlot, entry: CacheEntry, check: HealthCheck): Promise<CacheEntry | undefined> {
  const { key } = entry;
  const before = slot.faults;
  const ask = () => slot.ask<CacheEntry | undefined>((tier) => tier.recordHealthCheck?.(key, check), undefined);
  const found = await ask();
  if (isOf(entry, found)) return found;
  if (slot.faults !== before || !(await slot.write(key, entry))) return undefined;
  const again = await ask();
  return isOf(entry, again) ? again : undefined;
}

function isOf(entry: CacheEntry, found: unknown): found is CacheEntry {
  return CacheEntry.isCacheEntry(found) && found.key === entry.key && isSameProxy(entry, found);
}

/** In descending order those without a next check come first. */
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
