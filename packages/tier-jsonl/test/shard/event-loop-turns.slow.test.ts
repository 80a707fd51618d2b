import { setImmediate } from 'node:timers/promises';
import { turnsDuring } from '@pw/test-support';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allText, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const many = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => makeEntry(`${prefix}${i}`));

it('evicts for a large batch a few keys at a time, then shard by shard, yielding in between', async () => {
  const tier = newTier(newDirectory(), {}, { maxEntries: 500 });
  await tier.open();
  const free = await turnsDuring(async () => tier.putMany(many('a', 500)));
  const full = await turnsDuring(async () => tier.putMany(many('b', 500)));
  expect(full).toBeGreaterThan(free + 8);
  expect((await tier.keys()).every((key) => key.startsWith('b'))).toBe(true);
});

it('writes many buffered accesses shard by shard, yielding in between', async () => {
  const directory = newDirectory();
  const tier = newTier(directory);
  await tier.putMany(many('k', 999));
  const updates = many('k', 999).map(({ key }) => ({ key, hits: 7, lastAccessed: 1_800_000_000_000 }));
  expect(await tier.recordAccess(updates)).toBe(999);
  expect(await turnsDuring(async () => tier.close())).toBeGreaterThan(16);
  const again = newTier(directory);
  for (const { key } of updates) expect((await again.get(key))?.accessCount).toBe(7);
});

it('loses no access if it is closed while others are being written', async () => {
  const directory = newDirectory();
  const tier = newTier(directory);
  await tier.putMany(many('k', 3000));
  const updates = many('k', 3000).map(({ key }) => ({ key, hits: 7, lastAccessed: 1_800_000_000_000 }));
  for (let at = 0; at < updates.length; at += 500) {
    await tier.recordAccess(updates.slice(at, at + 500));
    await setImmediate();
  }
  await tier.close();
  const again = newTier(directory);
  const counts = new Set<number>();
  for await (const { accessCount } of again.entries()) counts.add(accessCount);
  expect([...counts]).toEqual([7]);
});

it('answers the deletion of an entry being evicted only once it is out of the file', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, {}, { maxEntries: 100 });
  await tier.putMany(many('old', 100));
  const putting = tier.putMany(many('new', 200));
  // The first of the old ones have left the index, and wait to be overwritten.
  while (await tier.has('old0')) await setImmediate();
  expect(await tier.delete('old0')).toBe(false);
  expect(allText(directory)).not.toContain('"key":"old0"');
  await putting;
});

it('has in its files exactly the entries it reports, even if entries are put again while being evicted', async () => {
  const key = fc.integer({ min: 0, max: 150 }).map((i) => `k${i}`);
  const puts = fc.array(
    fc.oneof(fc.array(key, { minLength: 65, maxLength: 140 }), fc.array(key, { minLength: 1, maxLength: 1 })),
    {
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(puts, fc.integer({ min: 1, max: 60 }), async (batches, maxEntries) => {
      const directory = newDirectory();
      const tier = newTier(directory, {}, { maxEntries });
      await Promise.all(
        batches.map(async (keys, i) => {
          const stored = await tier.putMany(keys.map((name) => makeEntry(name, { accessCount: i })));
          expect(stored).not.toContain(false);
        }),
      );
      const held = new Map<string, number>();
      for await (const entry of tier.entries()) held.set(entry.key, entry.accessCount);
      expect(held.size).toBe(Math.min(maxEntries, new Set(batches.flat()).size));
      await tier.close();
      const again = newTier(directory, {}, { maxEntries });
      const found = new Map<string, number>();
      for await (const entry of again.entries()) found.set(entry.key, entry.accessCount);
      expect(found).toEqual(held);
      await again.close();
    }),
    { numRuns: 25 },
  );
});
