import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../src/index.ts';

/** Two tiers on one directory, as two processes would have them. */
async function two(maxEntries: number) {
  const directory = mkdtempSync(join(tmpdir(), 'pw-room-'));
  const tiers = [new JsonlCacheTier({ directory, maxEntries }), new JsonlCacheTier({ directory, maxEntries })] as const;
  for (const tier of tiers) await tier.open();
  onTestFinished(async () => {
    for (const tier of tiers) await tier.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return tiers;
}

function entryOf(name: string): CacheEntry {
  return CacheEntry.create({ key: name, proxyUrl: 'http://h.example:1', ttlSeconds: 1e8 });
}

it('two writers together never exceed a small limit', async () => {
  const [one, other] = await two(20);
  for (let i = 0; i < 40; i++) {
    await one.put(`a${i}`, entryOf(`a${i}`));
    await other.put(`b${i}`, entryOf(`b${i}`));
    expect(await one.size()).toBeLessThanOrEqual(20);
  }
});

it('a writer counts what the other has stored before the room it knew of is filled', async () => {
  const [one, other] = await two(320);
  await one.put('first', entryOf('first'));
  const batch = (name: string, count: number) => Array.from({ length: count }, (_, i) => entryOf(`${name}${i}`));
  await other.putMany(batch('b', 319));
  // A sixteenth of the room may be filled before the files are followed again.
  for (const entry of batch('a', 40)) await one.put(entry.key, entry);
  expect(await one.size()).toBeLessThanOrEqual(320);
});
