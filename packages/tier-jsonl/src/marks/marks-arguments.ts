import { type CacheEntry, CacheValidationError } from '@pw/cache-models';
import {
  type ArgumentKind,
  checkArgument,
  ignoreRejection,
  isTooLongKey,
  isVersion,
  Kinds,
  type LoggedWrite,
  type RecordChange,
} from '@pw/cache-models/tier';

const KEY: ArgumentKind = {
  wanted: 'must be a string of at most 4096 bytes',
  isRight: (value) => typeof value === 'string' && !isTooLongKey(value),
};
const VERSION: ArgumentKind = { wanted: 'must be a whole number from 0 to 2^53 - 1', isRight: isVersion };

/** Throws a CacheValidationError, like all functions here. */
export function checkKey(path: string, key: unknown): void {
  checkArgument(path, key, KEY);
}

export function checkKeys(keys: readonly string[]): void {
  if (areAll(keys, KEY.isRight)) return;
  checkArgument('keys', keys, Kinds.list);
  for (const [at, key] of keys.entries()) checkKey(`keys[${at}]`, key);
}

export function checkEntries(entries: readonly CacheEntry[]): void {
  if (areAll(entries, isRightEntry)) return;
  checkArgument('entries', entries, Kinds.list);
  for (const [at, entry] of entries.entries()) checkEntry(`entries[${at}]`, entry);
}

// For the usual case, in which nothing has to be named: to make the names takes longer than the check.

/** Unlike `every`, this does not pass over holes. */
function areAll<T>(list: readonly T[], isRight: (item: T) => boolean): boolean {
  return Array.isArray(list) && list.findIndex((item: T) => !isRight(item)) === -1;
}

function isRightEntry(entry: CacheEntry): boolean {
  return Kinds.entry.isRight(entry) && entry.key !== '' && KEY.isRight(entry.key);
}

function checkEntry(path: string, entry: CacheEntry): void {
  checkArgument(path, entry, Kinds.entry);
  checkArgument(`${path}.key`, entry.key, Kinds.nonEmptyString);
  checkKey(`${path}.key`, entry.key);
}

export function checkWrites(writes: readonly LoggedWrite[]): void {
  checkArgument('writes', writes, Kinds.list);
  for (const [at, write] of writes.entries()) {
    const path = `writes[${at}]`;
    checkArgument(path, write, Kinds.object);
    checkKey(`${path}.key`, write.key);
    if (write.entry !== null) checkEntry(`${path}.entry`, write.entry);
    if (write.entry !== null && write.entry.key !== write.key)
      throw wrong(`${path}.key`, 'must be the key of the entry');
  }
}

export function checkAfter(options: { readonly after: number; readonly timeoutMs: number }): void {
  checkArgument('options', options, Kinds.object);
  checkVersion('options.after', options.after);
  checkArgument('options.timeoutMs', options.timeoutMs, Kinds.milliseconds);
}

export function checkVersion(path: string, version: number): void {
  checkArgument(path, version, VERSION);
}

export function checkFunction(path: string, value: unknown): void {
  checkArgument(path, value, Kinds.function);
}

/** A promise would count as true. */
export function checkAnswer(path: string, answer: boolean): boolean {
  ignoreRejection(answer);
  checkArgument(path, answer, Kinds.boolean);
  return answer;
}

/** What `decide` made of a record. */
export function checkChange(key: string, change: RecordChange | undefined): RecordChange {
  ignoreRejection(change);
  if (change === undefined) return {};
  checkArgument('decide()', change, Kinds.object);
  if (change.put === undefined) return change;
  checkArgument('decide().put', change.put, Kinds.entry);
  if (change.put.key !== key) throw wrong('decide().put', 'must be an entry of the same key');
  if (change.drop === true) throw wrong('decide()', 'must not put and drop at once');
  return change;
}

/** What `change` made of an entry. */
export function checkChanged(key: string, changed: CacheEntry | null | undefined): CacheEntry | null | undefined {
  ignoreRejection(changed);
  if (changed === undefined || changed === null) return changed;
  checkArgument('change()', changed, Kinds.entry);
  if (changed.key !== key) throw wrong('change()', 'must be an entry of the same key');
  return changed;
}

function wrong(path: string, message: string): CacheValidationError {
  return new CacheValidationError(`${path}: ${message}`, { problems: [{ path, message }] });
}
