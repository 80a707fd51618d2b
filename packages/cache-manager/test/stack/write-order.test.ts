import { CacheEntry } from '@pw/cache-models';
import { expect, it, onTestFinished } from 'vitest';
import { AgreedWorld } from '../support/agreed/open-agreed.ts';

/** A cache whose base takes no write before it is let. */
async function held() {
  const world = new AgreedWorld();
  const cache = await world.open('one', { maxStalenessMs: 100_000 });
  onTestFinished(() => cache.close());
  const { promise: isLet, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>();
  const hold = () => {
    world.base.beforeWrite = () => {
      begin();
      return isLet;
    };
  };
  return { world, cache, hold, hasBegun, letGo };
}

function entryOf(source: string): CacheEntry {
  return CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8, source });
}

it('a put is in memory and in the middle tier only once the base has it', async () => {
  const { world, cache, hold, hasBegun, letGo } = await held();
  hold();
  const put = cache.put(entryOf('new'));
  await hasBegun;
  expect(cache.peek('a')).toBeUndefined();
  expect(world.middle.records.has('a')).toBe(false);
  letGo();
  await put;
  expect(cache.peek('a')?.source).toBe('new');
  expect(world.middle.records.get('a')?.source).toBe('new');
});

it('memory keeps what it has until the base has the replacement', async () => {
  const { cache, hold, hasBegun, letGo } = await held();
  await cache.put(entryOf('old'));
  hold();
  const put = cache.put(entryOf('new'));
  await hasBegun;
  expect(cache.peek('a')?.source).toBe('old');
  letGo();
  await put;
  expect(cache.peek('a')?.source).toBe('new');
});

it('a delete leaves memory only once the base has done it', async () => {
  const { cache, hold, hasBegun, letGo } = await held();
  await cache.put(entryOf('old'));
  hold();
  const removal = cache.delete('a');
  await hasBegun;
  expect(cache.peek('a')?.source).toBe('old');
  letGo();
  await removal;
  expect(cache.peek('a')).toBeUndefined();
});
