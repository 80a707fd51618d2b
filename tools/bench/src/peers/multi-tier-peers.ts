import { join } from 'node:path';
import type { ScenarioContext } from '../run/scenario.ts';
import { keyv5SqliteStore, keyvSqliteStore } from './keyv-sqlite.ts';

type Place = Pick<ScenarioContext, 'directory' | 'onFinish'>;

const DAY_MS = 86_400_000;

/** bentocache in its fastest configuration: unserialised objects in memory, and SQLite through kysely. */
export async function openBento({ directory, onFinish }: Place, maxItems: number) {
  const { BentoCache, bentostore } = await import('bentocache');
  const { memoryDriver } = await import('bentocache/drivers/memory');
  const { kyselyDriver } = await import('bentocache/drivers/kysely');
  const { Kysely, SqliteDialect } = await import('kysely');
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(directory, 'bentocache.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  const connection = new Kysely<Record<never, never>>({ dialect: new SqliteDialect({ database }) });
  const bento = new BentoCache({
    default: 'main',
    ttl: DAY_MS,
    stores: {
      main: bentostore()
        .useL1Layer(memoryDriver({ maxItems, serialize: false }))
        .useL2Layer(kyselyDriver({ connection })),
    },
  });
  onFinish(() => bento.disconnectAll());
  return bento;
}

/** cacheable with its own memory store in front of SQLite. */
export async function openCacheable({ directory, onFinish }: Place, lruSize: number) {
  const { Cacheable, KeyvCacheableMemory, Keyv } = await import('cacheable');
  const cache = new Cacheable({
    primary: new Keyv({ store: new KeyvCacheableMemory({ lruSize }) }),
    secondary: new Keyv({ store: keyv5SqliteStore(join(directory, 'cacheable.db')) }),
    ttl: DAY_MS,
  });
  onFinish(() => cache.disconnect());
  return cache;
}

/** cache-manager over keyv in memory and keyv on SQLite. */
export async function openCacheManagerPeer({ directory, onFinish }: Place) {
  const { createCache } = await import('cache-manager');
  const { Keyv } = await import('cacheable');
  const stores = [new Keyv(), new Keyv({ store: keyv5SqliteStore(join(directory, 'cache-manager.db')) })];
  const cache = createCache({ stores, ttl: DAY_MS });
  onFinish(() => cache.disconnect());
  return cache;
}

/** keyv on SQLite, without memory in front. */
export async function openKeyvSqlite({ directory, onFinish }: Place) {
  const { Keyv } = await import('keyv');
  const keyv = new Keyv({ store: keyvSqliteStore(join(directory, 'keyv.db')), ttl: DAY_MS });
  onFinish(() => keyv.disconnect());
  return keyv;
}
