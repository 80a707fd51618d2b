import { CacheEntry, type EntryFilter, type EntryPage } from '@pw/cache-models';
import { checkFilter, filterTest, queryEntries } from '@pw/cache-models/tier';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { formatPageCursor, type PageCursor, parsePageCursor } from './page-cursor.ts';
import type { TierStack } from './tier-stack.ts';

/**
 * One page of the entries that match a filter: from the lowest tier if it has an index and contains everything;
 * otherwise, or if it fails, from all entries of the stack. Accesses are flushed first, so that entries can be ordered
 * by them. Throws a CacheValidationError for an invalid filter.
 */
export async function queryStack(stack: TierStack, filter: EntryFilter, now: number): Promise<EntryPage> {
  checkFilter(filter);
  const cursor = parsePageCursor(filter.cursor);
  await stack.staleness.pollIfDue();
  await stack.flush();
  const tier = indexedTier(stack, cursor);
  if (tier !== undefined) {
    const page = await queryTier(tier, { ...filter, cursor: cursor?.ofTier ?? undefined });
    if (page !== undefined) return finish(stack, page, tier, filter, cursor);
  }
  const plain = cursor?.tier === null ? (cursor.ofTier ?? undefined) : cursor?.plain;
  const page = queryEntries(await collect(stack.entries()), { ...filter, cursor: plain }, now);
  return finish(stack, page, null, filter, cursor);
}

/**
 * The matching entries of the lowest tier, page by page, if its index would be used for a query. If the tier cannot be
 * queried or fails, yields `undefined` instead of a page: the caller then has to read all entries.
 */
export async function* pagesOfIndex(
  stack: TierStack,
  filter: EntryFilter,
): AsyncGenerator<readonly CacheEntry[] | undefined> {
  let cursor: string | undefined;
  do {
    const tier = indexedTier(stack, undefined);
    const page = tier === undefined ? undefined : await queryTier(tier, { ...filter, cursor });
    yield page?.entries;
    cursor = page?.cursor ?? undefined;
  } while (cursor !== undefined);
}

/**
 * The lowest tier, if it can answer the query. Higher tiers contain only recent entries, and a tier with a limit or a
 * capped TTL may lack entries of the others. The next page comes from the same place as the previous one: this tier, or
 * the plain query.
 */
function indexedTier({ levels }: TierStack, cursor: PageCursor | undefined): ManagedTier | undefined {
  const lowest = levels.at(-1)!;
  const hasAll = levels.length === 1 || (lowest.keepsEverything && !lowest.capsTtl);
  const tier = hasAll ? lowest.queried : undefined;
  const mayContinue = cursor === undefined || cursor.tier === tier?.name;
  return tier?.capabilities.query === true && mayContinue ? tier : undefined;
}

/**
 * A page of a tier; `undefined` if the tier failed or returned something else. An empty page after a fault is not
 * trusted, and neither is a page with an entry that does not match: a tier written before a member of the filter
 * existed ignores that member. Expiry is not checked.
 */
async function queryTier(tier: ManagedTier, filter: EntryFilter): Promise<EntryPage | undefined> {
  const before = tier.faults;
  const page = await tier.call<EntryPage | undefined>((inner) => inner.query!(filter), undefined);
  if (tier.faults !== before || !Array.isArray(page?.entries)) return undefined;
  const isMatch = filterTest({ ...filter, includeExpired: true }, 0);
  return page.entries.every((entry) => CacheEntry.isCacheEntry(entry) && isMatch(entry)) ? page : undefined;
}

function finish(
  stack: TierStack,
  page: EntryPage,
  tier: ManagedTier | null,
  filter: EntryFilter,
  before: PageCursor | undefined,
): EntryPage {
  // Those of the plain query have all accesses already.
  const entries =
    tier === null ? page.entries : page.entries.map((entry) => stack.overlay(entry, stack.levels.at(-1)!));
  return { entries, cursor: formatPageCursor(page, tier?.name ?? null, filter, before) };
}

async function collect(entries: AsyncIterable<CacheEntry>): Promise<CacheEntry[]> {
  const all: CacheEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}
