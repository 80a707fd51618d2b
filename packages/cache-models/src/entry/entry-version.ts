import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry, entryState } from './cache-entry.ts';

// For tiers and the manager. A version is not a field: no file that is exported or imported contains it.

/**
 * Versions per millisecond of the clock. More writes than that let the versions run ahead of the clock, which is
 * harmless.
 */
const PER_MS = 1024;

/**
 * The version of the write that made an entry: a safe integer that grows with each write of a store. 0 for an entry
 * that no tier with versions has stored, as for one that another program wrote. Throws a CacheValidationError for a
 * value that is not an entry.
 *
 * @example
 * ```ts
 * const isNewer = (found: CacheEntry, known: CacheEntry) => versionOf(found) > versionOf(known);
 * ```
 */
export function versionOf(entry: CacheEntry): number {
  // An untyped caller may pass a value that has no members to be tested.
  const isObject = typeof entry === 'object' && entry !== null;
  if (isObject && entryState.isOurs(entry)) return entryState.version(entry);
  checkArgument('entry', entry, Kinds.entry);
  return 0;
}

/**
 * An entry with a version: the entry itself if it has none yet and nobody has claimed it, else a copy, because others
 * may hold the object for another write. Throws a CacheValidationError for a value that is not an entry, or if the
 * version is not a safe integer of 0 or more.
 *
 * @example
 * ```ts
 * const withVersionOf = (copy: CacheEntry, original: CacheEntry) => stampEntry(copy, versionOf(original));
 * ```
 */
export function stampEntry(entry: CacheEntry, version: number): CacheEntry {
  if (!isVersion(version)) checkArgument('version', version, VERSION);
  checkArgument('entry', entry, Kinds.entry);
  const isOurs = entryState.isOurs(entry);
  if (isOurs && entryState.version(entry) === version) return entry;
  const isFree = isOurs && entryState.version(entry) === 0 && entryState.owner(entry) === undefined;
  const stamped = isFree ? entry : CacheEntry.restore(entry);
  entryState.setVersion(stamped, version);
  return stamped;
}

/** True for a version: a safe integer of 0 or more. */
export function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * The least version of a write that is made now: by the clock (epoch milliseconds), and above every version that it
 * must follow. Versions of a base are even, and those of writes that a tier above takes while its base cannot be
 * reached are odd, so the two never meet. Throws nothing: a clock that is no time counts as 0.
 *
 * @example
 * ```ts
 * const newestInLog = nextVersion(Date.now());
 * const version = nextVersion(Date.now(), newestInLog);
 * ```
 */
export function nextVersion(now: number, ...above: readonly number[]): number {
  const byClock = Number.isFinite(now) && now > 0 ? Math.floor(now) * PER_MS : 0;
  const least = Math.max(byClock, ...above.map((version) => version + 1));
  return least + (least % 2);
}

/**
 * Like {@link nextVersion}, for a write that a base cannot take: an odd number, one hour ahead of the clock. So it is
 * above the versions that the base has given, also if this process has not heard of them, and whatever its clock says
 * within an hour. The base gives higher ones once the write is made up for there.
 */
export function nextVersionAlone(now: number, ...above: readonly number[]): number {
  return nextVersion(Number.isFinite(now) ? now + LEAP_MS : now, ...above) + 1;
}

/** More than the clocks of processes that share a store differ, and more than one is set back. */
const LEAP_MS = 3_600_000;

const VERSION = Object.freeze({ wanted: 'must be a whole number from 0 to 2^53 - 1', isRight: isVersion });
