import { type CacheEntry, MAX_KEY_BYTES, RemovalReason } from '@pw/cache-models';
import {
  type ArgumentKind,
  checkArgument,
  checkOptionsObject,
  isTooLongKey,
  Kinds,
  type LoggedWrite,
  type LoggedWriteOptions,
  oneOf,
  optional,
  wholeNumber,
} from '@pw/cache-models/tier';
import { MAX_POSITION } from './log/write-log.ts';

/** A key that can be stored. */
export const STORABLE_KEY: ArgumentKind = Object.freeze({
  wanted: `must be a non-empty string of well-formed Unicode (no lone surrogate), at most ${MAX_KEY_BYTES} bytes long`,
  isRight: isStorable,
});
/** A key that is looked up. */
export const ANY_KEY: ArgumentKind = Object.freeze({
  wanted: `must be a string of at most ${MAX_KEY_BYTES} bytes`,
  isRight: (key: unknown) => typeof key === 'string' && !isTooLongKey(key),
});
/** The version of a write. */
export const VERSION = wholeNumber(0, MAX_POSITION);
/** An entry that can be stored. */
const STORABLE_ENTRY: ArgumentKind = Object.freeze({
  wanted: 'must be a CacheEntry with a key that can be stored; make one with CacheEntry.create()',
  isRight: (entry: unknown) => Kinds.entry.isRight(entry) && isStorable((entry as CacheEntry).key),
});

/** The reason of a removal. */
export const REASON = optional(oneOf(Object.values(RemovalReason)));

const WRITE_OPTIONS = Object.freeze({ after: VERSION, timeoutMs: Kinds.milliseconds });

/** Checks the options of a write. */
export function checkWriteOptions(options: LoggedWriteOptions): void {
  if (!areRightOptions(options)) checkOptionsObject(options, WRITE_OPTIONS, { what: 'write', name: 'options' });
}

/** Checks writes, each of an entry under its own key or of a removal. */
export function checkWrites(writes: readonly LoggedWrite[]): void {
  if (areAll(writes, isRightWrite)) return;
  checkArgument('writes', writes, Kinds.list);
  for (const [at, write] of writes.entries()) {
    checkArgument(`writes[${at}]`, write, Kinds.object);
    checkWrite(write.key, write.entry, `writes[${at}].`);
    checkArgument(`writes[${at}].reason`, write.reason, REASON);
    checkArgument(`writes[${at}].ifVersion`, write.ifVersion, OPTIONAL_VERSION);
    checkArgument(`writes[${at}].isUpdate`, write.isUpdate, OPTIONAL_FLAG);
  }
}

const OPTIONAL_VERSION = optional(VERSION);
const OPTIONAL_FLAG = optional(Kinds.boolean);

/** Checks entries that can be stored. */
export function checkEntries(entries: readonly CacheEntry[]): void {
  if (areAll(entries, STORABLE_ENTRY.isRight)) return;
  checkArgument('entries', entries, Kinds.list);
  for (const [at, entry] of entries.entries()) checkArgument(`entries[${at}]`, entry, STORABLE_ENTRY);
}

// For the usual case, in which nothing has to be named: to make the names takes longer than to store an entry.

/** Unlike `every`, this does not pass over holes. */
function areAll<T>(list: readonly T[], isRight: (item: T) => boolean): boolean {
  return Array.isArray(list) && list.findIndex((item: T) => !isRight(item)) === -1;
}

function areRightOptions(options: LoggedWriteOptions): boolean {
  if (!Kinds.object.isRight(options)) return false;
  for (const name in options) if (name !== 'after' && name !== 'timeoutMs') return false;
  return VERSION.isRight(options.after) && Kinds.milliseconds.isRight(options.timeoutMs);
}

function isRightWrite(write: LoggedWrite): boolean {
  if (!Kinds.object.isRight(write)) return false;
  const { key, entry, reason, ifVersion, isUpdate } = write;
  const isRight = entry === null ? ANY_KEY.isRight(key) : STORABLE_ENTRY.isRight(entry) && key === entry.key;
  return isRight && REASON.isRight(reason) && OPTIONAL_VERSION.isRight(ifVersion) && OPTIONAL_FLAG.isRight(isUpdate);
}

const ENTRY_OR_NULL: ArgumentKind = Object.freeze({
  wanted: `${Kinds.entry.wanted}, or null`,
  isRight: (value: unknown) => value === null || Kinds.entry.isRight(value),
});
const KEY_OF_ENTRY = Object.freeze({ wanted: 'must be the key of the entry' });

/** Checks an entry and its key, or the key of a removal. */
export function checkWrite(key: string, entry: CacheEntry | null, path = ''): void {
  checkArgument(`${path}key`, key, entry === null ? ANY_KEY : STORABLE_KEY);
  checkArgument(`${path}entry`, entry, ENTRY_OR_NULL);
  if (entry !== null) checkArgument(`${path}key`, key, { ...KEY_OF_ENTRY, isRight: () => key === entry.key });
}

function isStorable(key: unknown): boolean {
  return typeof key === 'string' && key !== '' && key.isWellFormed() && !isTooLongKey(key);
}
