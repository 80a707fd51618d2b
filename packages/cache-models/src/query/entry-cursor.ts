import { type ArgumentKind, Kinds, oneOf } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheValidationError } from '../errors/cache-error.ts';
import { ENTRY_ORDERS, type EntryOrder } from './entry-filter.ts';

/** The position at which a page ended. */
export interface EntryCursor {
  readonly orderBy: EntryOrder;
  readonly direction: 'asc' | 'desc';
  /** The last entry's sort value, as the tier that made the cursor compares it. */
  readonly value: string | number;
  /** The second sort value, of an order by two values (`leastUsed`). */
  readonly second?: number | undefined;
  readonly key: string;
}

const ORDER = oneOf(ENTRY_ORDERS);
const DIRECTION = oneOf(['asc', 'desc']);
const CURSOR: ArgumentKind = Object.freeze({
  wanted: 'must be { orderBy, direction, value, key }, and second for an order by two values',
  isRight: (cursor: unknown) => {
    if (!Kinds.object.isRight(cursor)) return false;
    const { orderBy, direction, value, second, key } = cursor as EntryCursor;
    const isRight = ORDER.isRight(orderBy) && DIRECTION.isRight(direction) && isValue(value);
    return isRight && typeof key === 'string' && hasSecond(orderBy, second);
  },
});

function hasSecond(orderBy: EntryOrder, second: unknown): boolean {
  return orderBy === 'leastUsed' ? Kinds.number.isRight(second) : second === undefined;
}

function isValue(value: unknown): boolean {
  return typeof value === 'string' || Kinds.number.isRight(value);
}

/**
 * Encodes a cursor as the string of a page. Opaque to callers. Throws a CacheValidationError for a value that is not a
 * cursor.
 */
export function formatCursor(cursor: EntryCursor): string {
  checkArgument('cursor', cursor, CURSOR);
  const { orderBy, direction, value, second, key } = cursor;
  const values = second === undefined ? [orderBy, direction, value, key] : [orderBy, direction, value, key, second];
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * Decodes the cursor of a page. Throws a CacheValidationError for a string that is not a cursor, or is one of another
 * order or direction.
 */
export function parseCursor(text: string, order: EntryOrder, dir: 'asc' | 'desc'): EntryCursor {
  checkArgument('text', text, Kinds.string);
  checkArgument('order', order, ORDER);
  checkArgument('dir', dir, DIRECTION);
  const [orderBy, direction, value, key, second] = parse(text);
  const type = order === 'key' || order === 'source' ? 'string' : 'number';
  const isRight = orderBy === order && direction === dir && typeof value === type && typeof key === 'string';
  if (!isRight || !hasSecond(order, second)) {
    const message = 'must be the cursor of a page with the same order and direction';
    throw new CacheValidationError(`query: cursor: ${message}`, { problems: [{ path: 'cursor', message }] });
  }
  const cursor = { orderBy: order, direction: dir, value: value as string | number, key: key as string };
  return second === undefined ? cursor : { ...cursor, second: second as number };
}

function parse(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
