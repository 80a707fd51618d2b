import { CacheEntry } from '@pw/cache-models';
import { expect, it } from 'vitest';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

const NOTED = 'agreed-position';

it('a position that another process has noted meanwhile is not replaced by a lower one', async () => {
  const world = new AgreedWorld();
  const cache = await world.open();
  await cache.put(CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8 }));
  const { sideValues } = world.middle;
  const higher = String(world.base.head + 1_000_000);
  const set = sideValues.set.bind(sideValues);
  sideValues.set = (name, value) => {
    if (name === NOTED && sideValues.get(name) !== higher) return set(name, higher);
    return set(name, value);
  };
  await cache.close();
  expect(sideValues.get(NOTED)).toBe(higher);
});
