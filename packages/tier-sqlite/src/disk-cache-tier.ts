import { join, resolve } from 'node:path';
import { TierType } from '@pw/cache-models';
import {
  checkArgument,
  checkOneOptionsObject,
  checkOptionsObject,
  Kinds,
  optional,
  type SideValues,
} from '@pw/cache-models/tier';
import { DATABASE_PATH, SQLITE_OPTIONS } from './check-tier-options.ts';
import { type JsonlMigration, type JsonlMigrationOptions, migrateShards } from './migration/migrate-from-jsonl.ts';
import { L2_LAYOUT } from './schema/table-layout.ts';
import { SqliteSideValues } from './side-values.ts';
import { SQLITE_CAPABILITIES, SqliteTier } from './sqlite-tier.ts';
import type { DiskCacheTierOptions } from './sqlite-tier-options.ts';

const FILE_NAME = 'l2_cache.db';

/**
 * The second level on SQLite: ProxyWhirl's table `l2_cache`, and a side table for the fields that it has no columns
 * for. Synchronous: results are values.
 */
export class DiskCacheTier extends SqliteTier {
  /** See `CacheTier.sideValues`. */
  readonly sideValues: SideValues = new SqliteSideValues(this, {
    withStore: (work) => this.withStore(work),
    transact: (work) => this.transact(work),
  });
  readonly #directory: string;

  /**
   * Throws a CacheConfigError for a wrong configuration or option.
   *
   * @example
   * ```ts
   * const tier = new DiskCacheTier({ directory: '.cache/proxies', cipher: new CredentialEncryptor() });
   * ```
   */
  constructor(options: DiskCacheTierOptions);
  constructor(options: DiskCacheTierOptions, ...more: readonly unknown[]) {
    checkOneOptionsObject('DiskCacheTier', more, '{ directory, cipher, tierType }');
    super(
      options,
      {
        mode: 'sync',
        tierType: TierType.L2_FILE,
        capabilities: SQLITE_CAPABILITIES,
        ownOptions: { ...SQLITE_OPTIONS, directory: DATABASE_PATH },
      },
      { path: () => join(options.directory, FILE_NAME), layout: L2_LAYOUT },
    );
    this.#directory = resolve(options.directory);
  }

  /**
   * Imports the entries of JSON Lines shards (`shard_*.jsonl`) in a folder, by default this tier's own, with all
   * fields; the shards stay as they are. Within the shards the last line of a key wins. An entry that is stored already
   * is replaced only by an entry that was fetched later, so a second run changes nothing, and an interrupted migration
   * can be run again.
   *
   * Waits for locks like `put` with `whenLocked: "block"`. Throws a CacheValidationError for a wrong argument, and a
   * CacheStorageError if a shard cannot be read; entries migrated before stay.
   */
  migrateFromJsonl(directory: string = this.#directory, options: JsonlMigrationOptions = {}): JsonlMigration {
    checkArgument('directory', directory, DATABASE_PATH);
    checkOptionsObject(options, { onProgress: optional(Kinds.function) }, { what: 'migrateFromJsonl' });
    this.open();
    return migrateShards(resolve(directory), {
      tier: this.name,
      cipher: this.cipher,
      store: (entries) => this.transactSync((store) => store.putNewer(entries, this.clock.now())),
      onProgress: options.onProgress,
    });
  }
}
