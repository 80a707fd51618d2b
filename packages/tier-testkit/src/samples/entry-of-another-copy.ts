import type { CacheEntry } from '@pw/cache-models';

/**
 * An entry as another copy of the models makes it: branded, frozen, of another class, and with counts that this copy of
 * the models can read but not change.
 */
export function entryOfAnotherCopy(original: CacheEntry): CacheEntry {
  const members = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(original) as object);
  const entries = Object.entries(members).map(([name, member]) => [name, boundTo(original, member)] as const);
  const prototype: object = Object.create(null, Object.fromEntries(entries)) as object;
  for (const symbol of Object.getOwnPropertySymbols(members))
    Object.defineProperty(prototype, symbol, boundTo(original, members[symbol as unknown as string]!));
  return Object.freeze(Object.assign(Object.create(prototype), original)) as CacheEntry;
}

/** A member of a class that reads the private state of `original`, whatever object it belongs to. */
function boundTo(original: CacheEntry, { get, value, ...member }: PropertyDescriptor): PropertyDescriptor {
  if (get !== undefined) return { get: get.bind(original), configurable: true };
  return {
    ...member,
    value: typeof value === 'function' ? (value as () => unknown).bind(original) : (value as unknown),
  };
}
