import { CacheEntry } from '@pw/cache-models';
import { expect, it, onTestFinished } from 'vitest';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

it('does not find what it has removed itself while another process puts the key', async () => {
  const world = new AgreedWorld();
  const one = await world.open('one', { maxStalenessMs: 100_000 });
  onTestFinished(() => one.close());
  const entry = (source: string) =>
    CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8, source });
  await one.put(entry('old'));
  const write = world.base.write.bind(world.base);
  world.base.write = (key, given, now, after) => {
    const version = write(key, given, now, after);
    // Another process puts the key right after the removal, and has not come to the middle tier yet.
    if (given === null) write('a', entry('new'), now, version);
    return version;
  };
  expect(await one.delete('a')).toBe(true);
  expect((await one.get('a'))?.source).not.toBe('old');
});
