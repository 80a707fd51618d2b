import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CacheCorruptionError,
  type CacheEntry,
  CacheError,
  type CredentialCipher,
  recordChecksum,
  recordToEntry,
} from '@pw/cache-models';
import { readLines } from './read-lines.ts';
import { toStorageError } from './storage-error.ts';

/** What became of the lines of a migration. */
export interface JsonlMigration {
  /** Entries stored. */
  migrated: number;
  /** Lines that another line of the same key, or an entry stored already, overrules. Blank lines are not counted. */
  skipped: number;
  /** Lines that hold no entry, a damaged one, or one whose credentials no key opens. */
  failed: number;
}

export interface MigrationTarget {
  readonly tier: string;
  readonly cipher: CredentialCipher | undefined;
  /** Stores a batch and gives the keys that were stored; entries that `isOurs` knows overrule what is stored. */
  readonly store: (entries: readonly CacheEntry[], isOurs: (key: string) => boolean) => readonly string[];
}

const SHARD = /^shard_.*\.jsonl$/;
const BATCH = 500;

/** Reads the shards in the order of their names, as ProxyWhirl does: of a key in two shards the later one counts. */
export function migrateShards(directory: string, target: MigrationTarget): JsonlMigration {
  const result: JsonlMigration = { migrated: 0, skipped: 0, failed: 0 };
  const done = new Set<string>();
  for (const name of shardNames(directory, target.tier)) {
    const entries = readShard(join(directory, name), target, result);
    const list = [...entries.values()];
    for (let i = 0; i < list.length; i += BATCH) {
      const batch = list.slice(i, i + BATCH);
      const stored = target.store(batch, (key) => done.has(key));
      const fresh = stored.filter((key) => !done.has(key));
      // A key that an earlier shard had counts once, as migrated; the earlier line is the one passed over.
      result.migrated += fresh.length;
      result.skipped += batch.length - fresh.length;
      for (const key of fresh) done.add(key);
    }
  }
  return result;
}

function shardNames(directory: string, tier: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => SHARD.test(name))
      .sort();
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

/** The entry of a line; undefined for a line without one. Errors of the parser quote the line, so none gets out. */
function parse(line: string, cipher: CredentialCipher | undefined): CacheEntry | undefined {
  try {
    const record: unknown = JSON.parse(line);
    const entry = recordToEntry(record, cipher);
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
