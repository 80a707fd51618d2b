import { CacheEntry, checkFilter, type EntryFilter, type EntryPage, filterTest, queryEntries } from '@pw/cache-models';
import type { TierSlot } from '../tier/managed-tier.ts';
import { formatPageCursor, type PageCursor, parsePageCursor } from './page-cursor.ts';
import type { TierStack } from './tier-stack.ts';

/**
 * One page of the entries that fit a filter, from the lowest tier if that has an index and holds everything; otherwise, or
 * should it fail, from all entries of the stack. Accesses are written first, so that an order by them is right.
 * Throws a CacheValidationError for a wrong filter.
 */
export async function queryStack(stack: TierStack, filter: EntryFilter, now: number): Promise<EntryPage> {
  checkFilter(filter);
  const cursor = parsePageCursor(filter.cursor);
  await stack.flush();
  const slot = slotFor(stack, cursor);
  if (slot !== undefined) {
    const page = await askSlot(slot, { ...filter, cursor: cursor?.ofTier ?? undefined });
    if (page !== undefined) return finish(stack, page, slot.name, filter, cursor);
  }
  const plain = cursor?.tier === null ? (cursor.ofTier ?? undefined) : cursor?.plain;
  const page = queryEntries(await collect(stack.entries()), { ...filter, cursor: plain }, now);
  return finish(stack, page, null, filter, cursor);
}

/**
 * The entries of the lowest tier that fit a filter, page by page, if a query would be answered from there; `undefined` instead of a page
 * if the tier cannot be asked, or fails: all entries have to be looked at then.
 */
export async function* pagesOfIndex(
  stack: TierStack,
  filter: EntryFilter,
): AsyncGenerator<readonly CacheEntry[] | undefined> {
  let cursor: string | undefined;
  do {
    const slot = slotFor(stack, undefined);
    const page = slot === undefined ? undefined : await askSlot(slot, { ...filter, cursor });
    yield page?.entries;
    cursor = page?.cursor ?? undefined;
  } while (cursor !== undefined);
}

/**
 * The lowest tier, if it can be asked. One above it holds what was put and read lately, and one that makes room or ends lives early has not all
 * that the others have. The tier that gave the page before goes on; a plain query that has begun does so too.
 */
function slotFor({ slots }: TierStack, cursor: PageCursor | undefined): TierSlot | undefined {
  const lowest = slots.at(-1)!;
  const isAsked = lowest.tell((tier) => tier.capabilities.query) === true;
  const holdsAll = slots.length === 1 || (lowest.tell((tier) => tier.config.maxEntries) === null && !lowest.isCapped);
  const mayGoOn = cursor === undefined || cursor.tier === lowest.name;
  return isAsked && holdsAll && mayGoOn && lowest.isComplete ? lowest : undefined;
}

/**
 * `undefined` if the tier failed, or gave what is no page: an empty one says nothing then. Nor is a page believed that has what was not asked for, as
 * that of a tier made before a member of the filter was. Whose life has ended since does not matter.
 */
async function askSlot(slot: TierSlot, filter: EntryFilter): Promise<EntryPage | undefined> {
  const before = slot.faults;
  const page = await slot.ask<EntryPage | undefined>((tier) => tier.query?.(filter), undefined);
  if (slot.faults !== before || !Array.isArray(page?.entries)) return undefined;
  const isWanted = filterTest({ ...filter, includeExpired: true }, 0);
  return page.entries.every((entry) => CacheEntry.isCacheEntry(entry) && isWanted(entry)) ? page : undefined;
}

function finish(
  stack: TierStack,
  page: EntryPage,
  tier: string | null,
  filter: EntryFilter,
  before: PageCursor | undefined,
): EntryPage {
  const entries = page.entries.map((entry) => stack.overlay(entry));
  return { entries, cursor: formatPageCursor(page, tier, filter, before) };
}

async function collect(entries: AsyncIterable<CacheEntry>): Promise<CacheEntry[]> {
  const all: CacheEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}
