import { CacheEntry } from '@pw/cache-models';
import { expect, it, onTestFinished } from 'vitest';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

it('keys() names what is made up in the base right after the base was asked', async () => {
  const world = new AgreedWorld();
  const one = await world.open('one');
  world.down.add('base@one');
  await one.put(CacheEntry.create({ key: 'b', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8 }));
  const other = await world.open('other');
  onTestFinished(() => other.close());
  const third = await world.open('third');
  const base = other.tiers[2]!.tier!;
  const keys = base.keys.bind(base);
  let isFirst = true;
  base.keys = async () => {
    const found = await keys();
    // Closing brings the tiers to agree.
    if (isFirst) await third.close();
    isFirst = false;
    return found;
  };
  expect(await other.keys()).toEqual(['b']);
  await one.close();
});
