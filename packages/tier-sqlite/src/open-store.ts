import type { CacheTierConfig, CredentialCipher } from '@pw/cache-models';
import { FileGuard } from '@pw/cache-models/tier';
import { type DatabaseSettings, openDatabase } from './database/open-database.ts';
import type { FileIdentity } from './database/prepare-file.ts';
import { RowStore } from './rows/row-store.ts';
import type { StructureCheck } from './schema/check-structure.ts';
import type { StructureWatch } from './schema/structure-watch.ts';
import type { TableLayout } from './schema/table-layout.ts';
import type { SqliteTierOptions } from './sqlite-tier-options.ts';
import { Checkpointer } from './wal/checkpointer.ts';

/** An open connection, and the objects that work on it. */
export interface OpenedStore {
  readonly store: RowStore;
  readonly file: FileIdentity;
  readonly checkpointer: Checkpointer;
  readonly structure: StructureWatch;
}

export interface OpenStoreOptions {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly check: StructureCheck;
  readonly cipher: CredentialCipher | undefined;
  readonly config: CacheTierConfig;
  /** Whether evicted entries are to be decoded for a listener. */
  readonly wantsEvicted: boolean;
  /** Whether worker threads may be used. */
  readonly inThread: boolean;
}

const DEFAULT_BUSY_TIMEOUT_MS = 1000;

/** The settings of a tier's database, with the defaults of the options. */
export function databaseSettings(
  path: string,
  context: Pick<DatabaseSettings, 'tier' | 'clock' | 'logger'>,
  options: SqliteTierOptions,
): DatabaseSettings {
  const { durability = 'normal', busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, directoryChecks = 'warn' } = options;
  const { tier, logger } = context;
  const guard = new FileGuard({ checks: directoryChecks, logger, tier });
  return { ...context, path, durability, busyTimeoutMs, guard };
}

/**
 * Opens the database of a tier, and evicts the entries that exceed `maxEntries`. Throws like {@link openDatabase},
 * leaving nothing open.
 */
export function openStore(options: OpenStoreOptions): OpenedStore {
  const { settings, layout, config, cipher, wantsEvicted, inThread } = options;
  const { db, file, structure } = openDatabase(settings, layout, options.check);
  try {
    const store = new RowStore(db, { layout, cipher, config, wantsEvicted, structure });
    if (config.maxEntries !== null) store.transact(() => store.trim(settings.clock.now()));
    const checkpointer = new Checkpointer(db, { ...settings, inThread });
    return { store, file, checkpointer, structure };
  } catch (error) {
    db.close();
    throw error;
  }
}
