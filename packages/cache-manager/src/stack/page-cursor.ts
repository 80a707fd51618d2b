import { type CacheEntry, CacheValidationError, type EntryFilter, type EntryPage } from '@pw/cache-models';
import { formatCursor } from '@pw/cache-models/tier';

/**
 * The position after a page of a stack. The cursor of a tier is opaque, so it comes with a cursor for the plain query
 * over all entries: if the tier is out of use when the next page is requested, the plain query continues.
 */
export interface PageCursor {
  /** The tier that returned the page; `null` for the plain query. */
  readonly tier: string | null;
  readonly ofTier: string | null;
  readonly plain: string | undefined;
}

/** Parses a cursor made by `formatPageCursor`. Throws a CacheValidationError for anything else. */
export function parsePageCursor(text: string | undefined): PageCursor | undefined {
  if (text === undefined) return undefined;
  const parts = partsOf(text);
  const isPart = (part: unknown) => part === null || typeof part === 'string';
  if (parts?.length === 3 && parts.every(isPart)) {
    const [tier, ofTier, plain] = parts as (string | null)[];
    return { tier: tier!, ofTier: ofTier!, plain: plain ?? undefined };
  }
  const problem = { path: 'cursor', message: 'must be the cursor of a page' };
  throw new CacheValidationError(`query: ${problem.path}: ${problem.message}`, { problems: [problem] });
}

/** The cursor after a page of a tier, or of the plain query (`null`); `before` is the cursor that led to the page. */
export function formatPageCursor(
  page: EntryPage,
  tier: string | null,
  filter: EntryFilter,
  before: PageCursor | undefined,
): string | null {
  // A random order has no next page, even if a tier returns a cursor.
  if (page.cursor === null || filter.orderBy === 'random') return null;
  // An empty page need not be the last, because damaged entries are left out. The plain query then begins where this
  // page began.
  const plain = tier === null ? page.cursor : (plainCursor(page.entries.at(-1), filter) ?? before?.plain ?? null);
  return Buffer.from(JSON.stringify([tier, page.cursor, plain])).toString('base64url');
}

function plainCursor(last: CacheEntry | undefined, filter: EntryFilter): string | undefined {
  if (last === undefined) return undefined;
  const { orderBy = 'key', direction = 'asc' } = filter;
  if (orderBy === 'random') return undefined;
  const { key, accessCount, lastAccessed } = last;
  if (orderBy === 'leastUsed')
    return formatCursor({ orderBy, direction, value: accessCount, second: lastAccessed, key });
  return formatCursor({ orderBy, direction, value: last[orderBy] ?? Number.MAX_VALUE, key });
}

function partsOf(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
