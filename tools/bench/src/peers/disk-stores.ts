import { join } from 'node:path';
import type { ProxyRecord } from '@pw/cache-models';
import type { ScenarioContext } from '../run/scenario.ts';

type Place = Pick<ScenarioContext, 'directory' | 'onFinish'>;

/** lmdb without a flush after each commit, like `durability: "normal"`; records as msgpack. */
export async function openLmdb({ directory, onFinish }: Place) {
  const { open } = await import('lmdb');
  const db = open<ProxyRecord, string>({ path: join(directory, 'lmdb'), noSync: true });
  onFinish(() => db.close());
  return db;
}

/** classic-level (LevelDB), with records as JSON. */
export async function openLevel({ directory, onFinish }: Place) {
  const { ClassicLevel } = await import('classic-level');
  const db = new ClassicLevel<string, ProxyRecord>(join(directory, 'level'), { valueEncoding: 'json' });
  await db.open();
  onFinish(() => db.close());
  return db;
}

/** unstorage with its file driver: one file per record. */
export async function openUnstorage({ directory, onFinish }: Place) {
  const { createStorage } = await import('unstorage');
  const { default: fsDriver } = await import('unstorage/drivers/fs');
  const storage = createStorage<ProxyRecord>({ driver: fsDriver({ base: join(directory, 'unstorage') }) });
  onFinish(() => storage.dispose());
  return storage;
}
