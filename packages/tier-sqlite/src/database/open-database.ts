import { type CacheError, CacheErrorCode, CacheStorageError, type Clock, type Logger } from '@pw/cache-models';
import { errorCode, type FileGuard } from '@pw/cache-models/tier';
import { StructureCheck } from '../schema/check-structure.ts';
import { diagnoseSchema } from '../schema/diagnose-schema.ts';
import { checkVersion, prepareSchema } from '../schema/prepare-schema.ts';
import { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { checkReadable } from './check-readable.ts';
import { closeUntouched } from './close-database.ts';
import type { Durability } from './durability.ts';
import { hardenConnection } from './harden-connection.ts';
import { loadBinding, type SqliteDatabase } from './load-binding.ts';
import { type FileIdentity, prepareFile, setFileAside } from './prepare-file.ts';
import { isDamage, isReadOnly } from './storage-error.ts';

export interface DatabaseSettings {
  readonly path: string;
  readonly tier: string;
  readonly durability: Durability;
  /** Longest wait for another connection's lock, in milliseconds; the event loop is blocked meanwhile. */
  readonly busyTimeoutMs: number;
  readonly guard: FileGuard;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpenedDatabase {
  readonly db: SqliteDatabase;
  readonly file: FileIdentity;
  /** To be verified before each use, as others may change the schema. */
  readonly structure: StructureWatch;
}

/** Attempts after the first: one that finds the same damage and sets the file aside, and one with the new file. */
const MAX_RETRIES = 2;
/** If other programs added more indexes than this, a warning is logged. */
const MAX_ADDED_INDEXES = 8;
const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024;

/**
 * Opens a database with the schema in place.
 *
 * A file that is not a database, or is too damaged to be opened, is set aside and replaced by an empty one, with a
 * warning. To SQLite a failed read looks like damage, so a file counts as damaged only if damage is found twice and
 * {@link checkReadable} can read it. A database with objects that must not run is not damaged: it is refused, and not a
 * byte of it changes. Throws what SQLite, the file system or the schema checks throw.
 */
export function openDatabase(
  settings: DatabaseSettings,
  layout: TableLayout,
  check = new StructureCheck(layout, settings.tier),
): OpenedDatabase {
  const Database = loadBinding();
  const open = (isSuspect: boolean): OpenedDatabase => {
    const file = prepareFile(settings.path, settings.tier, settings.guard);
    // No `timeout`: SQLite polls the lock too rarely; retryWhenBusy does it for every operation.
    const db = new Database(settings.path, { timeout: 0 });
    try {
      return { db, file, structure: configure(db, layout, settings, check) };
    } catch (error) {
      if (isRefusal(error)) {
        settings.logger.error({ tier: settings.tier, code: errorCode(error) }, (error as CacheError).message);
        closeUntouched(db, Database);
        throw error;
      }
      db.close();
      if (isDamage(error)) diagnoseSchema(settings.path, check, Database);
      if (!isDamage(error)) throw withRemedy(error, settings);
      if (!isSuspect) throw error;
      checkReadable(settings.path);
      const aside = setFileAside(settings.path, file, settings.clock.now());
      settings.logger.warn(
        { tier: settings.tier, code: errorCode(error), setAside: aside ?? null },
        'the file is not a readable database: it was set aside and replaced by an empty one',
      );
      throw error;
    }
  };
  for (let attempt = 0; ; attempt++) {
    try {
      return open(attempt > 0);
    } catch (error) {
      if (!isDamage(error) || attempt === MAX_RETRIES) throw error;
    }
  }
}

/** Sets every pragma on every open: some defaults differ between the first connection and the next. */
function configure(
  db: SqliteDatabase,
  layout: TableLayout,
  { durability, tier, logger }: DatabaseSettings,
  check: StructureCheck,
): StructureWatch {
  hardenConnection(db);
  db.pragma('mmap_size = 0');
  db.pragma('foreign_keys = ON');
  // Overwrites the tokens of removed rows; FAST would leave whole pages as they were.
  db.pragma('secure_delete = ON');
  // Checks come before the first write: a database of a newer version, or one that another program prepared, stays as
  // it is.
  db.pragma('query_only = ON');
  const structure = new StructureWatch(db, check);
  structure.verify((rows) => {
    check.checkVersionsTable(rows);
    checkVersion(db, layout);
  });
  db.pragma('query_only = OFF');
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  // Without a WAL, NORMAL could corrupt the file at a power cut.
  db.pragma(`synchronous = ${durability === 'full' || mode !== 'wal' ? 'FULL' : 'NORMAL'}`);
  db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT}`);
  if (mode !== 'wal') logger.warn({ tier, mode }, 'no write-ahead log on this file system: writes are slower');
  prepareSchema(db, layout, () => structure.verify());
  if (structure.hasStatistics) removeStatistics(db, structure);
  const { addedIndexes } = structure;
  if (addedIndexes > MAX_ADDED_INDEXES)
    logger.warn(
      { tier, addedIndexes },
      `other programs added ${addedIndexes} indexes to the tables; each makes every write slower, so drop those that are not needed`,
    );
  return structure;
}

/**
 * Removes statistics about our tables. That takes the write lock, which most openings do not need. In a database that
 * cannot be written they stay, and may make reads slow.
 */
function removeStatistics(db: SqliteDatabase, structure: StructureWatch): void {
  try {
    db.transaction(() => structure.verifyForWrite()).immediate();
  } catch (error) {
    if (!isReadOnly(error)) throw error;
  }
}

/** Adds the file and the remedy to the error of a file that SQLite can never open, such as one of an unknown format. */
function withRemedy(error: unknown, { path, tier }: DatabaseSettings): unknown {
  const code = errorCode(error);
  if (code !== 'SQLITE_ERROR') return error;
  const cause = Object.assign(new Error(code), { code });
  const remedy =
    'it may be of a newer version, or damaged; move the file away, and an empty one is created in its place';
  return new CacheStorageError(`${tier}: SQLite cannot use the database ${path} (${code}): ${remedy}`, { tier, cause });
}

function isRefusal(error: unknown): boolean {
  const code = errorCode(error);
  return code === CacheErrorCode.SCHEMA_REFUSED || code === CacheErrorCode.RUNTIME_UNSUPPORTED;
}
