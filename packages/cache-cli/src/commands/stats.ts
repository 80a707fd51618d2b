import type { CacheManager } from '@pw/cache-manager';
import { HEALTH_STATUSES } from '@pw/cache-models';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatCount, formatTable, plural } from '../display/format.ts';
import { checkComplete, openStore } from '../store/open-store.ts';
import { unreadableCount, warnOfUnreadable } from '../store/unreadable-records.ts';

interface TierSize {
  readonly tier: string;
  readonly type: string;
  readonly entries: number;
  readonly maxEntries: number | null;
}

/** Shows the exact size of each tier, and counts distinct entries by health. */
export async function showStatistics(context: CliContext, options: GlobalOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const tiers = await tierSizes(cache);
  const { total, withCredentials, byHealth } = await countEntries(cache, context.io.signal);
  const unreadable = unreadableCount(cache);
  if (options.json === true) {
    await context.out.json({
      dir: context.masked(options.dir),
      entries: total,
      withCredentials,
      unreadable,
      byHealth,
      tiers,
    });
  } else await context.out.write(describe(tiers, { total, withCredentials, byHealth, unreadable }));
  await warnOfUnreadable(context, unreadable);
  checkComplete(cache, options);
}

function describe(
  tiers: readonly TierSize[],
  { total, withCredentials, byHealth, unreadable }: Awaited<ReturnType<typeof countEntries>> & { unreadable: number },
): string {
  const rows = tiers.map(({ tier, type, entries, maxEntries }) => [
    tier,
    type,
    entries,
    maxEntries === null ? 'none' : formatCount(maxEntries),
  ]);
  const counts = [plural(total, 'proxy', 'proxies'), `${formatCount(withCredentials)} with credentials`];
  if (unreadable > 0) counts.push(`and ${formatCount(unreadable)} that no key opens`);
  const health = HEALTH_STATUSES.filter((status) => byHealth[status]! > 0)
    .map((status) => `${formatCount(byHealth[status]!)} ${status}`)
    .join(', ');
  const table = formatTable(['TIER', 'TYPE', 'ENTRIES', 'LIMIT'], rows);
  return `${table}\n${counts.join(', ')}\n${health === '' ? '' : `${health}\n`}`;
}

async function tierSizes(cache: CacheManager): Promise<TierSize[]> {
  const sizes: TierSize[] = [];
  for (const { name, tier } of cache.tiers) {
    // A tier that cannot be opened has been reported already.
    if (tier === undefined) continue;
    sizes.push({ tier: name, type: tier.tierType, entries: await tier.size(), maxEntries: tier.config.maxEntries });
  }
  return sizes;
}

async function countEntries(cache: CacheManager, signal: AbortSignal | undefined) {
  const byHealth: Record<string, number> = Object.fromEntries(HEALTH_STATUSES.map((status) => [status, 0]));
  let total = 0;
  let withCredentials = 0;
  for await (const entry of cache.entries()) {
    signal?.throwIfAborted();
    total++;
    if (entry.hasCredentials) withCredentials++;
    byHealth[entry.healthStatus]!++;
  }
  return { total, withCredentials, byHealth };
}
