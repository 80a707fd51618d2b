import { Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry, entryState } from './cache-entry.ts';

// For tiers and the manager. An entry of another copy of this package has private state that is out of reach here: it
// is never counted in place, and `claimEntry` copies it.

/** Accesses that were counted elsewhere. */
interface CountedAccesses {
  readonly hits: number;
  /** The time of the last one, in epoch milliseconds. */
  readonly lastAccessed: number;
}

/**
 * Counts an access in an entry: `accessCount` goes up by one, and `lastAccessed` becomes `now` (epoch milliseconds),
 * unless it is later already. For a tier whose `get` returns the very object that it keeps; such a tier claims each
 * entry when it is put ({@link claimEntry}). Throws a CacheValidationError for an entry of another copy of this
 * package, or if `now` is not a number.
 *
 * @example
 * ```ts
 * const stored = new Map<string, CacheEntry>();
 * const get = (key: string, now: number) => {
 *   const entry = stored.get(key);
 *   if (entry !== undefined) countAccess(entry, now);
 *   return entry;
 * };
 * ```
 */
export function countAccess(entry: CacheEntry, now: number): void {
  if (typeof now !== 'number' || Number.isNaN(now)) checkArgument('now', now, Kinds.number);
  if (!isOurs(entry)) checkArgument('entry', entry, OWN_ENTRY);
  entryState.count(entry, now);
}

/**
 * Adds accesses that were counted elsewhere: `accessCount` grows by `hits`, up to 2^53 - 1, and `lastAccessed` becomes
 * the later of both times. Throws a CacheValidationError for an entry of another copy of this package, if `hits` is not
 * a whole number from 0, or if `lastAccessed` is not a finite number.
 *
 * @example
 * ```ts
 * const entry = CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', accessCount: 3 });
 * addAccess(entry, { hits: 2, lastAccessed: Date.now() });
 * entry.accessCount; // 5
 * ```
 */
export function addAccess(entry: CacheEntry, access: CountedAccesses): void {
  if (!isOurs(entry)) checkArgument('entry', entry, OWN_ENTRY);
  if (!ACCESS.isRight(access)) checkArgument('access', access, ACCESS);
  entryState.add(entry, access.hits, access.lastAccessed);
}

/**
 * The object that a memory tier keeps for an entry that was put: the entry itself, or a copy if it belongs to another
 * copy of this package or if another tier has claimed it, because each would count the accesses of the other. `owner`
 * is an object that stands for the tier; an entry refers to it for as long as it exists, so it should be small.
 * Throws a CacheValidationError for a value that is not an entry, or if `owner` is not an object.
 *
 * @example
 * ```ts
 * const [stored, owner] = [new Map<string, CacheEntry>(), Object.freeze({})];
 * const put = (key: string, entry: CacheEntry) => stored.set(key, claimEntry(entry, owner));
 * ```
 */
export function claimEntry(entry: CacheEntry, owner: object): CacheEntry {
  if (typeof owner !== 'object' || owner === null) checkArgument('owner', owner, TOKEN);
  if (isOurs(entry)) {
    const before = entryState.owner(entry);
    if (before === owner) return entry;
    if (before === undefined) {
      entryState.setOwner(entry, owner);
      return entry;
    }
  }
  checkArgument('entry', entry, Kinds.entry);
  const copy = isOurs(entry) ? entryState.copy(entry, entry.evictedFromL1) : CacheEntry.restore(entry);
  entryState.setOwner(copy, owner);
  return copy;
}

/**
 * A copy that nobody has claimed, with another `evictedFromL1` if one is given. Throws a CacheValidationError for a
 * value that is not an entry, or if `evictedFromL1` is not a boolean.
 */
export function copyEntry(entry: CacheEntry, evictedFromL1?: boolean): CacheEntry {
  if (!isOurs(entry)) checkArgument('entry', entry, Kinds.entry);
  checkArgument('evictedFromL1', evictedFromL1, FLAG);
  return entryState.copy(entry, evictedFromL1 ?? entry.evictedFromL1);
}

/**
 * A promise of an entry: always the same one, because to make a promise takes longer than to find the entry. Of an
 * entry of another copy of this package it is a new one each time. Throws a CacheValidationError for a value that is
 * not an entry.
 */
export function promiseOf(entry: CacheEntry): Promise<CacheEntry> {
  if (isOurs(entry)) return entryState.promise(entry);
  checkArgument('entry', entry, Kinds.entry);
  return Promise.resolve(entry);
}

/** True if the value is an entry that is marked as recorded in the buffer ({@link markBuffered}). */
export function isBuffered(entry: CacheEntry, buffer: object): boolean {
  return isOurs(entry) && entryState.buffer(entry) === buffer;
}

/**
 * Marks an entry as recorded in a buffer of accesses, so that the next accesses of the same object need no lookup.
 * `buffer` is an object that stands for the buffer; `undefined` removes the mark. Has no effect on an entry of another
 * copy of this package. Throws a CacheValidationError for a value that is not an entry, or if `buffer` is neither an
 * object nor `undefined`.
 */
export function markBuffered(entry: CacheEntry, buffer: object | undefined): void {
  if (buffer !== undefined && (typeof buffer !== 'object' || buffer === null)) checkArgument('buffer', buffer, TOKEN);
  if (isOurs(entry)) entryState.setBuffer(entry, buffer);
  else checkArgument('entry', entry, Kinds.entry);
}

function isOurs(entry: unknown): boolean {
  return isObject(entry) && entryState.isOurs(entry as CacheEntry);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

const FLAG = optional(Kinds.boolean);
const TOKEN = Object.freeze({ wanted: 'must be an object', isRight: isObject });
const ACCESS = Object.freeze({
  wanted: 'must have a whole number from 0 as hits and epoch milliseconds as lastAccessed',
  isRight(value: unknown) {
    const { hits, lastAccessed } = (value ?? {}) as Partial<CountedAccesses>;
    return Number.isSafeInteger(hits) && hits! >= 0 && Number.isFinite(lastAccessed);
  },
});
const OWN_ENTRY = Object.freeze({ wanted: 'must be a CacheEntry of this copy of @pw/cache-models', isRight: isOurs });
