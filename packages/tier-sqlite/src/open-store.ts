import type { CacheTierConfig, CredentialCipher } from '@pw/cache-models';
import { type DatabaseSettings, openDatabase } from './database/open-database.ts';
import type { FileIdentity } from './database/prepare-file.ts';
import { EntryStore } from './rows/row-store.ts';
import type { StructureCheck } from './schema/check-structure.ts';
import type { StructureWatch } from './schema/structure-watch.ts';
import type { TableLayout } from './schema/table-layout.ts';
import { LogFolding } from './wal/checkpointer.ts';

/** One open connection, with what works on it. */
export interface OpenedStore {
  readonly store: EntryStore;
  readonly file: FileIdentity;
  readonly folding: LogFolding;
  readonly structure: StructureWatch;
}

export interface OpenStoreOptions {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly check: StructureCheck;
  readonly cipher: CredentialCipher | undefined;
  readonly config: CacheTierConfig;
  /** Whether evicted entries are to be read before they go. */
  readonly wantsEvicted: boolean;
  /** Whether threads may be used. */
  readonly inThread: boolean;
}

/** Opens the database of a tier; a bounded one holds no more than its configuration allows then. Throws as {@link openDatabase}, with nothing left open. */
export function openStore(options: OpenStoreOptions): OpenedStore {
  const { settings, layout, config, cipher, wantsEvicted, inThread } = options;
  const { db, file, structure } = openDatabase(settings, layout, options.check);
  try {
    const store = new EntryStore(db, { layout, cipher, config, wantsEvicted, structure });
    if (config.maxEntries !== null) store.write(() => store.trim(settings.clock.now()));
    const folding = new LogFolding(db, { ...settings, inThread });
    return { store, file, folding, structure };
  } catch (error) {
    db.close();
    throw error;
  }
}
