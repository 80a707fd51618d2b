import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { expect, it } from 'vitest';
import { makeEntry, newDirectory, newTier } from './support/tiers.ts';

const add = (tier: ReturnType<typeof newTier>, key = 'a') =>
  tier.update(key, (entry) => entry.with({ failureCount: entry.failureCount + 1 }));

it('updates of two tiers are all counted', async () => {
  const directory = newDirectory();
  const [tier, other] = [newTier(directory), newTier(directory)];
  await tier.put('a', makeEntry('a'));
  await Promise.all(Array.from({ length: 50 }, (_, n) => add(n % 2 === 0 ? tier : other)));
  expect((await tier.get('a'))?.failureCount).toBe(50);
});

it('an update returns the entry that it stored, null for one that it removed, and undefined for none', async () => {
  const clock = new ManualClock();
  const tier = newTier(newDirectory(), { clock });
  expect(await add(tier)).toBeUndefined();
  await tier.putMany([makeEntry('a'), makeEntry('b')]);
  expect((await add(tier))?.failureCount).toBe(1);
  expect(await tier.update('a', () => null)).toBeNull();
  expect(await tier.has('a')).toBe(false);
  clock.advance(10 * 86_400_000);
  expect(await add(tier, 'b')).toBeUndefined();
});

it('an update keeps accesses that are still to be written, and adds none twice', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', makeEntry('a'));
  await tier.recordAccess([{ key: 'a', hits: 3, lastAccessed: 9 }]);
  await add(tier);
  expect((await tier.get('a'))?.accessCount).toBe(3);
  await tier.close();
  const entry = await newTier(directory).get('a');
  expect([entry?.accessCount, entry?.failureCount]).toEqual([3, 1]);
});

it('an update stores the version of the changed entry', async () => {
  const tier = newTier(newDirectory());
  await tier.put('a', stampEntry(makeEntry('a'), 50));
  await tier.update('a', (entry) => stampEntry(entry.with({ source: 'x' }), 60));
  expect(versionOf((await tier.get('a'))!)).toBe(60);
});

it.each([
  [
    'throws',
    () => {
      throw new RangeError('planted');
    },
  ],
  ['returns something else', () => 5 as never],
  ['returns an entry of another key', () => makeEntry('b')],
  ['returns an entry that is too long', () => makeEntry('a', { source: 'x'.repeat(1_100_000) })],
])('a change that %s stores nothing, and is not a failure', async (_what, change) => {
  const tier = newTier(newDirectory());
  await tier.put('a', makeEntry('a', { source: 'before' }));
  await expect(tier.update('a', change)).rejects.toMatchObject({ name: 'CacheValidationError' });
  expect((await tier.get('a'))?.source).toBe('before');
  expect(tier.failureCount).toBe(0);
});
