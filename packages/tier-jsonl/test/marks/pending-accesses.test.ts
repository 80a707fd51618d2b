import { CacheEntry } from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../../src/index.ts';

it('a change sees the version of an entry that has accesses which are not written yet', async () => {
  const tier = new JsonlCacheTier({ directory: makeTempDir(onTestFinished) });
  await tier.open();
  onTestFinished(() => tier.close());
  const entry = CacheEntry.create({ key: 'a', proxyUrl: 'http://192.0.2.1:8080', ttlSeconds: 3600 });
  await tier.marks.putIf([stampEntry(entry, 42)], () => true);
  await tier.get('a');
  await tier.recordAccess([{ key: 'a', hits: 1, lastAccessed: Date.now() }]);
  let version: number | undefined;
  await tier.marks.change('a', (found) => {
    version = versionOf(found.entry!);
    return {};
  });
  expect(version).toBe(42);
});

it('a change alone keeps accesses which are not written yet', async () => {
  const tier = new JsonlCacheTier({ directory: makeTempDir(onTestFinished) });
  await tier.open();
  onTestFinished(() => tier.close());
  const entry = CacheEntry.create({ key: 'a', proxyUrl: 'http://192.0.2.1:8080', ttlSeconds: 3600 });
  await tier.marks.putIf([entry], () => true);
  await tier.recordAccess([{ key: 'a', hits: 3, lastAccessed: Date.now() }]);
  const options = { after: 0, timeoutMs: 10_000 };
  await tier.marks.updateAlone('a', (found) => found.with({ source: 'changed' }), options);
  const found = await tier.peek('a');
  expect([found?.source, found?.accessCount]).toEqual(['changed', 3]);
});
