import {
  CacheEntry,
  CacheValidationError,
  type Clock,
  DEFAULT_PAGE_SIZE,
  type EntryFilter,
  type EntryPage,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  RemovalReason,
} from '@pw/cache-models';
import {
  type ArgumentKind,
  afterFailure,
  afterHealthCheck,
  checkOptionsObject,
  copyEntry,
  type HealthCheck,
  type HealthRules,
  maskHealthCheck,
  optional,
  parseHealthCheck,
  parseHealthHistoryOptions,
  wholeNumber,
} from '@pw/cache-models/tier';
import { isSameProxy } from '../is-same-proxy.ts';
import type { AppliedChange, TierStack } from '../stack/tier-stack.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';

export interface HealthChecksOptions {
  readonly clock: Clock;
  /** The number of failures, counted by `invalidate`, after which an entry is removed; `null` for never. */
  readonly removeAfter: number | null;
  /** How checks change an entry, also in tiers that have rules of their own. */
  readonly rules: Required<HealthRules>;
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
    await this.#stack.update(key, (entry) => afterFailure(entry, removeAfter), { reason: RemovalReason.HEALTH });
  }

  /** Stores the result of a check in every tier, and in the history of each tier that keeps one. */
  async record(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    const check = parseHealthCheck(result, this.#options.clock.now());
    const after = await this.#stack.update(key, (entry) => afterHealthCheck(entry, check, this.#options.rules), {
      check,
      apply: (newest) => this.#recordInTiers(newest, check),
    });
    return after ?? undefined;
  }

  /** The checks of a key, the latest first, from the lowest tier that keeps a history. */
  async history(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
    parseHealthHistoryOptions(options);
    const tier = this.#tiersWithHistory(key).at(-1);
    if (tier === undefined) return [];
    const records = await tier.call<HealthRecord[]>((inner) => inner.health!.history(key, options), []);
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

  /**
   * Records a check in the tiers that keep a history. Other processes may have recorded checks in the lowest of them,
   * so what it makes of the check holds for all tiers.
   */
  async #recordInTiers(newest: CacheEntry, parsed: HealthCheck): Promise<AppliedChange | undefined> {
    const found = this.#tiersWithHistory(newest.key);
    if (found.length === 0) return undefined;
    // A third-party tier may store the check unchanged, so credentials are masked here.
    const check = maskHealthCheck(parsed, newest);
    let change = (entry: CacheEntry) => afterHealthCheck(entry, check, this.#options.rules);
    const tiers = new Set<ManagedTier>();
    for (const tier of found.reverse()) {
      const recorded = await recordIn(tier, newest, check, change);
      if (recorded === undefined) continue;
      if (tiers.size === 0) change = (entry) => withHealthOf(recorded, entry);
      tiers.add(tier);
    }
    return tiers.size === 0 ? undefined : { tiers, change };
  }

  #tiersWithHistory(key: string): ManagedTier[] {
    return this.#stack.tiers.filter((tier) => tier.capabilities.health && tier.canRead(key));
  }
}

/**
 * Records a check in a tier and returns the tier's entry after it; `undefined` if that failed. If the tier does not
 * have the entry, or has another proxy under its key, the entry is put first.
 */
async function recordIn(
  tier: ManagedTier,
  newest: CacheEntry,
  check: HealthCheck,
  change: (entry: CacheEntry) => CacheEntry,
): Promise<CacheEntry | undefined> {
  const { key } = newest;
  const before = tier.faults;
  const changeOwn = (entry: CacheEntry): CacheEntry => {
    if (!isVersionOf(newest, entry)) throw new CacheValidationError('the tier has another proxy under the key');
    // The first tier will have the entry, so the mark that it evicted it is removed.
    return copyEntry(change(entry), false);
  };
  const record = async (): Promise<CacheEntry | undefined> => {
    const found = await tier.call<CacheEntry | undefined>(
      (inner) => inner.health!.record(key, check, changeOwn),
      undefined,
    );
    return isVersionOf(newest, found) ? found : undefined;
  };
  const found = await record();
  if (found !== undefined || tier.faults !== before) return found;
  return (await tier.put(key, newest)) ? record() : undefined;
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

/** The second entry, with the health of the first. */
function withHealthOf(checked: CacheEntry, entry: CacheEntry): CacheEntry {
  const health = Object.fromEntries(HEALTH_FIELDS.map((field) => [field, checked[field]]));
  return CacheEntry.restore({ ...entry.toFields(), ...(health as Pick<CacheEntry, HealthField>) });
}

const HEALTH_FIELDS = [
  'healthStatus',
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
