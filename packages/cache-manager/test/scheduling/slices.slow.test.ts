import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { ManualClock, makeTempDir, turnsDuring } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { areMany, Slicer } from '../../src/scheduling/slices.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf, openStack } from '../support/stack.ts';

const busy = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

describe('work in slices', () => {
  it('returns all results in order', async () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    expect(await new Slicer().run(items, (slice) => slice.map((i) => i * 2))).toEqual(items.map((i) => i * 2));
    expect(await new Slicer().run(items, async (slice) => slice.map((i) => i * 2))).toEqual(items.map((i) => i * 2));
  });

  it('handles a short list synchronously', () => {
    expect(new Slicer().run([1, 2, 3], (slice) => slice)).toEqual([1, 2, 3]);
    expect(areMany([1, 2, 3])).toBe(false);
  });

  it('adapts the slice size to the cost of an item', async () => {
    const slicer = new Slicer();
    const sizes: number[] = [];
    const items = Array.from({ length: 20_000 }, (_, i) => i);
    await slicer.run(items, (slice) => {
      sizes.push(slice.length);
      return slice;
    });
    const most = Math.max(...sizes);
    expect(most).toBeGreaterThan(100);
    sizes.length = 0;
    await slicer.run(items.slice(0, most * 3), (slice) => {
      sizes.push(slice.length);
      busy(slice.length * 0.1);
      return slice;
    });
    expect(sizes.at(-2)).toBeLessThan(most);
  });
});

describe('a large batch of entries', () => {
  it('is stored over many turns of the event loop, although every tier is synchronous', async () => {
    const { manager } = await openStack({ maxEntries: 100 });
    const entries = Array.from({ length: 5000 }, (_, i) => entryOf(`k${i}`));
    const turns = await turnsDuring(async () => {
      const stored = await manager.putMany(entries);
      expect(stored.every(Boolean)).toBe(true);
    });
    expect(turns).toBeGreaterThan(3);
    expect(await manager.size()).toBe(5000);
  });

  it('shows, while being stored, either the old or the new entry of a key, and a later delete wins', async () => {
    const { manager } = await openStack();
    const of = (source: string): CacheEntry[] => Array.from({ length: 500 }, (_, i) => entryOf(`k${i}`, { source }));
    await manager.putMany(of('old'));
    const putting = manager.putMany(of('new'));
    const deleted = manager.delete('k499');
    for (let i = 0; i < 500; i += 50) expect((await manager.get(`k${i}`))?.source).toMatch(/old|new/);
    await putting;
    expect(await deleted).toBe(true);
    expect(await manager.get('k499')).toBeUndefined();
    expect((await manager.get('k0'))?.source).toBe('new');
  });
});

describe('an import over existing entries', () => {
  it('loses no health check that is recorded meanwhile', async () => {
    const clock = new ManualClock();
    const tier = new HookTier({ clock });
    const manager = await CacheManager.open({ tiers: [tier], clock });
    onTestFinished(() => manager.close());
    const entry = entryOf('k', {}, clock);
    await manager.put('k', entry);
    const path = join(makeTempDir(onTestFinished), 'rows.jsonl');
    writeFileSync(path, JSON.stringify({ key: 'k', proxy_url: entry.proxyUrl }));
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    tier.hook = (operation) => (operation === 'put' ? held : undefined);
    const checked = manager.recordHealthCheck('k', { status: 'unhealthy', checkUrl: 'http://check.example' });
    const imported = manager.warmFromFile(path);
    // Gives the import time to read the entry before the check is stored.
    await sleep(50);
    goOn();
    expect((await checked)?.totalHealthChecks).toBe(1);
    expect(await imported).toMatchObject({ loaded: 1 });
    expect((await manager.get('k'))?.totalHealthChecks).toBe(1);
  });
});
