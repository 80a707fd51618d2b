import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCache } from '@pw/cache-manager';
import { expect, it, onTestFinished } from 'vitest';
import { startChild } from '../../src/processes/run-child.ts';
import { entryOf, openTier, surveySqlite } from '../../src/sqlite/survey.ts';

const HELD_MS = 700;

it('a cache keeps working while another process locks its databases, and stores what it acknowledges', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pw-locked-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const paths = { l2CacheDir: directory, l3DatabasePath: join(directory, 'proxywhirl.db') };
  const cache = await openCache({ ...paths, l2Backend: 'sqlite' }, { env: {} });
  onTestFinished(() => cache.close());
  await cache.put('before', entryOf('before', 'old'));
  const holders = ['l2_cache.db', 'proxywhirl.db'].map((name) => {
    const ledger = join(directory, `${name}.held`);
    const script = join(import.meta.dirname, '../../src/sqlite/locking-child.ts');
    const { end } = startChild(script, [join(directory, name), String(HELD_MS)], { ledger });
    return { ledger, end };
  });
  for (const { ledger } of holders) while (readFileSync(ledger, 'utf8') === '') await sleep(5);
  const started = performance.now();
  let ticks = 0;
  const beat = setInterval(() => ticks++, 5);
  const stored = await Promise.all([
    ...Array.from({ length: 50 }, (_, i) => cache.put(`k${i}`, entryOf(`k${i}`, 'new'))),
    cache.delete('before'),
  ]);
  const tookMs = performance.now() - started;
  clearInterval(beat);
  expect(stored).toEqual(Array(51).fill(true));
  expect(ticks).toBeGreaterThan(tookMs / 5 / 10);
  for (const { end } of holders) expect(await end).toMatchObject({ code: 0 });
  await cache.close();
  for (const kind of ['DiskCacheTier', 'SqliteCacheTier'] as const) {
    const found = await surveySqlite(kind)(directory);
    expect([...found.keys()].toSorted()).toEqual(Array.from({ length: 50 }, (_, i) => `k${i}`).toSorted());
    openTier(kind, directory).close();
  }
});
