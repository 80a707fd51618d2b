import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CacheCorruptionError,
  CacheEntry,
  CacheError,
  CacheValidationError,
  type CredentialCipher,
  maskProxyUrl,
  recordChecksum,
  recordToEntry,
} from '@pw/cache-models';
import { extractUrlCredentials, ignoreRejection, MAX_MASKED_LENGTH, maskPlainFields } from '@pw/cache-models/tier';
import { toStorageError } from '../database/storage-error.ts';
import { shardLines } from './read-lines.ts';

/** Outcome of a migration, in lines. */
export interface JsonlMigration {
  /** Entries stored. */
  migrated: number;
  /**
   * Lines superseded by another line of the same key, or by an entry that was stored already. Blank lines are not
   * counted.
   */
  skipped: number;
  /** Lines without a valid entry, or whose credentials no key can decrypt. */
  failed: number;
}

/** Progress of a migration, reported after each batch and at the end of each shard. */
export interface JsonlMigrationProgress extends Readonly<JsonlMigration> {
  /** The current shard; 1 for the first. */
  readonly shard: number;
  readonly shards: number;
}

export interface JsonlMigrationOptions {
  /**
   * Called after each stored batch. An error that it throws ends the migration; stored entries stay. A promise that it
   * returns is not awaited, and its rejection is ignored.
   *
   * @default none
   */
  readonly onProgress?: ((progress: JsonlMigrationProgress) => unknown) | undefined;
}

export interface MigrationTarget extends JsonlMigrationOptions {
  readonly tier: string;
  readonly cipher: CredentialCipher | undefined;
  /** Stores the entries of a batch that are newer than the stored ones, in one transaction, and returns their keys. */
  readonly store: (entries: readonly CacheEntry[]) => readonly string[];
}

const SHARD = /^shard_.*\.jsonl$/;
const BATCH = 500;

/**
 * If a key is in two shards, the shard whose name sorts last wins, as in ProxyWhirl. So shards are read from last to
 * first, and the first entry of a key stays: an interrupted migration ends with the same result when it is run again.
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
      // A rejection of an async callback must not become unhandled.
      ignoreRejection(target.onProgress?.({ ...result, shard: at + 1, shards: names.length }));
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

/** The last entry of each key in a shard. */
function readShard(path: string, target: MigrationTarget, result: JsonlMigration): Map<string, CacheEntry> {
  const entries = new Map<string, CacheEntry>();
  try {
    for (const line of shardLines(path)) {
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
 * A record of ProxyWhirl may have credentials in its URL or in its text fields: they are moved to the encrypted fields,
 * or masked. Throws a CacheValidationError for a URL that may contain a password that cannot be located.
 */
function withoutClearCredentials(entry: CacheEntry): CacheEntry {
  const moved = extractUrlCredentials(entry);
  if (maskProxyUrl(moved.proxyUrl) !== moved.proxyUrl)
    throw new CacheValidationError(
      'proxy_url may contain a password that cannot be located; it is not stored in clear',
    );
  const masked = maskPlainFields(moved);
  // The masker truncates strings that are too long to be examined as a whole, but a migration must not lose anything.
  const { lastHealthError: error } = moved;
  const isTooLong = error !== null && error.length > MAX_MASKED_LENGTH;
  return CacheEntry.restore(isTooLong ? { ...masked, lastHealthError: error } : masked);
}

/**
 * The entry of a line; undefined for a line without one. Errors of the JSON parser quote the line, so none may escape.
 */
function parse(line: string, cipher: CredentialCipher | undefined): CacheEntry | undefined {
  try {
    const record: unknown = JSON.parse(line);
    const entry = withoutClearCredentials(recordToEntry(record, cipher));
    const checksum = (record as { checksum?: unknown }).checksum;
    if (checksum !== undefined && checksum !== recordChecksum(record as object)) {
      throw new CacheCorruptionError('stored record does not match its checksum');
    }
    if (cipher === undefined && entry.hasCredentials) return undefined;
    return entry.key !== '' && entry.key.isWellFormed() ? entry : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CacheError) return undefined;
    throw error;
  }
}
