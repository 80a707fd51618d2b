import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CacheCorruptionError,
  CacheEntry,
  CacheError,
  CacheValidationError,
  type CredentialCipher,
  isPromise,
  MAX_MASKED_LENGTH,
  maskPlainFields,
  maskProxyUrl,
  moveUserInfo,
  recordChecksum,
  recordToEntry,
} from '@pw/cache-models';
import { toStorageError } from '../database/storage-error.ts';
import { readLines } from './read-lines.ts';

/** What became of the lines of a migration. */
export interface JsonlMigration {
  /** Entries stored. */
  migrated: number;
  /** Lines that another line of the same key, or an entry stored already, overrules. Blank lines are not counted. */
  skipped: number;
  /** Lines that hold no entry, a damaged one, or one whose credentials no key opens. */
  failed: number;
}

/** How far a migration has come: after each batch, and at the end of each shard. */
export interface JsonlMigrationProgress extends Readonly<JsonlMigration> {
  /** The shard that is read now: 1 for the first. */
  readonly shard: number;
  readonly shards: number;
}

export interface JsonlMigrationOptions {
  /**
   * Told after each batch that was stored. What it throws ends the migration; what was stored stays. An async one is not waited for, and
   * what it rejects with is dropped: the migration answers at once.
   */
  readonly onProgress?: ((progress: JsonlMigrationProgress) => unknown) | undefined;
}

export interface MigrationTarget extends JsonlMigrationOptions {
  readonly tier: string;
  readonly cipher: CredentialCipher | undefined;
  /** Stores those of a batch that are newer than what is there, in one transaction, and gives their keys. */
  readonly store: (entries: readonly CacheEntry[]) => readonly string[];
}

const SHARD = /^shard_.*\.jsonl$/;
const BATCH = 500;

/**
 * Of a key in two shards the one whose name sorts last counts, as ProxyWhirl reads them. So they are read from the last to the
 * first, and who came first stays: a migration that was broken off ends the same when it is started again.
 */
export function migrateShards(directory: string, target: MigrationTarget): JsonlMigration {
  const result: JsonlMigration = { migrated: 0, skipped: 0, failed: 0 };
  const seen = new Set<string>();
  const names = shardNames(directory, target.tier);
  for (const [at, name] of names.entries()) {
    const all = [...readShard(join(directory, name), target, result).values()];
    const entries = all.filter(({ key }) => !seen.has(key));
    for (const { key } of entries) seen.add(key);
    result.skipped += all.length - entries.length;
    for (let i = 0; i === 0 || i < entries.length; i += BATCH) {
      const batch = entries.slice(i, i + BATCH);
      const stored = batch.length === 0 ? [] : target.store(batch);
      result.migrated += stored.length;
      result.skipped += batch.length - stored.length;
      // That of an async listener must end here.
      const answer = target.onProgress?.({ ...result, shard: at + 1, shards: names.length });
      if (isPromise(answer)) answer.then(undefined, () => {});
    }
  }
  return result;
}

function shardNames(directory: string, tier: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => SHARD.test(name))
      .sort()
      .reverse();
  } catch (error) {
    throw toStorageError(error, tier);
  }
}

/** The last entry of each key. One shard at a time is in memory. */
function readShard(path: string, target: MigrationTarget, result: JsonlMigration): Map<string, CacheEntry> {
  const entries = new Map<string, CacheEntry>();
  try {
    for (const line of readLines(path)) {
      if (line?.trim() === '') continue;
      const entry = line === undefined ? undefined : parse(line, target.cipher);
      if (entry === undefined) {
        result.failed++;
        continue;
      }
      if (entries.delete(entry.key)) result.skipped++;
      entries.set(entry.key, entry);
    }
  } catch (error) {
    throw toStorageError(error, target.tier);
  }
  return entries;
}

/**
 * A record of ProxyWhirl may have credentials in its URL or in its texts: they go into the fields that are sealed, or are masked.
 * Throws a CacheValidationError for a URL that may hold a password where it cannot be located.
 */
function withoutClearCredentials(entry: CacheEntry): CacheEntry {
  const moved = moveUserInfo(entry);
  if (maskProxyUrl(moved.proxyUrl) !== moved.proxyUrl)
    throw new CacheValidationError('proxy_url may hold a password; it is not stored in clear');
  const masked = maskPlainFields(moved);
  // Of a text that is too long to be examined as a whole the masker drops the rest: a migration loses nothing.
  const { lastHealthError: error } = moved;
  const isTooLong = error !== null && error.length > MAX_MASKED_LENGTH;
  return CacheEntry.restore(isTooLong ? { ...masked, lastHealthError: error } : masked);
}

/** The entry of a line; undefined for a line without one. Errors of the parser quote the line, so none gets out. */
function parse(line: string, cipher: CredentialCipher | undefined): CacheEntry | undefined {
  try {
    const record: unknown = JSON.parse(line);
    const entry = withoutClearCredentials(recordToEntry(record, cipher));
    const checksum = (record as { checksum?: unknown }).checksum;
    if (checksum !== undefined && checksum !== recordChecksum(record as object)) {
      throw new CacheCorruptionError('stored record does not fit its checksum');
    }
    if (cipher === undefined && entry.hasCredentials) return undefined;
    return entry.key !== '' && entry.key.isWellFormed() ? entry : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CacheError) return undefined;
    throw error;
  }
}
