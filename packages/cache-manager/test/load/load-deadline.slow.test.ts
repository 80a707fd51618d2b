import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { heldLoader, outcomeOf, settle } from '../support/held-loader.ts';
import { SharedStore, SharedTier } from '../support/shared-tier.ts';
import { entryOf, openStack } from '../support/stack.ts';

const TIMED_OUT = { name: 'CacheError', code: 'CACHE_LOAD_TIMED_OUT', retryable: true };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('getOrLoad with timeoutMs', () => {
  it('null waits without limit', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    const loading = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: null }));
    await pass(2 ** 31);
    calls[0]!.give(entryOf('k'));
    expect(await loading).toBe('manual');
  });

  it('rejects at the deadline, aborts the loader, and discards its late result', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    const outcome = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 1000 }));
    await pass(999);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(false);
    await pass(1);
    expect(await outcome).toMatchObject(TIMED_OUT);
    expect(calls[0]!.context.signal.aborted).toBe(true);
    expect(calls[0]!.context.signal.reason).toMatchObject(TIMED_OUT);
    calls[0]!.give(entryOf('k', { source: 'late' }));
    await settle();
    expect(await manager.has('k')).toBe(false);
  });

  it('returns a result in time and clears the deadline', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    const outcome = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 1000 }));
    await pass(500);
    calls[0]!.give(entryOf('k', { source: 'loaded' }));
    expect(await outcome).toBe('loaded');
    expect(vi.getTimerCount()).toBe(0);
    await pass(5000);
    expect(calls[0]!.context.signal.aborted).toBe(false);
    expect((await manager.get('k'))?.source).toBe('loaded');
  });

  it('gives each caller of a shared load its own deadline', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    const hasty = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 100 }));
    const patient = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 1000 }));
    const endless = outcomeOf(manager.getOrLoad('k', loader));
    await pass(100);
    expect(await hasty).toMatchObject(TIMED_OUT);
    await pass(900);
    expect(await patient).toMatchObject(TIMED_OUT);
    expect(calls).toHaveLength(1);
    expect(calls[0]!.context.signal.aborted).toBe(false);
    calls[0]!.give(entryOf('k', { source: 'loaded' }));
    expect(await endless).toBe('loaded');
    expect((await manager.get('k'))?.source).toBe('loaded');
  });

  it('ends the load when the last of several callers has left', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    const outcomes = [300, 200, 100].map((timeoutMs) => outcomeOf(manager.getOrLoad('k', loader, { timeoutMs })));
    await pass(200);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(false);
    await pass(100);
    for (const outcome of outcomes) expect(await outcome).toMatchObject(TIMED_OUT);
    expect(calls[0]!.context.signal.aborted).toBe(true);
  });

  it('starts a new load after an abandoned one, even while that is still running', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    expect(await failing(manager.getOrLoad('k', loader, { timeoutMs: 100 }), 100)).toMatchObject(TIMED_OUT);
    const second = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 100 }));
    await settle();
    expect(calls).toHaveLength(2);
    calls[0]!.fail(new Error('of the abandoned loader'));
    calls[1]!.give(entryOf('k', { source: 'second' }));
    expect(await second).toBe('second');
    expect((await manager.get('k'))?.source).toBe('second');
  });

  it('does not store the result of a second load after a write during that load', async () => {
    const { manager } = await openStack();
    const { loader, calls } = heldLoader();
    expect(await failing(manager.getOrLoad('k', loader, { timeoutMs: 100 }), 100)).toMatchObject(TIMED_OUT);
    const second = outcomeOf(manager.getOrLoad('k', loader));
    await settle();
    calls[0]!.give(entryOf('k', { source: 'late' }));
    await settle();
    await manager.put('k', entryOf('k', { source: 'written' }));
    calls[1]!.give(entryOf('k', { source: 'second' }));
    await second;
    expect((await manager.get('k'))?.source).toBe('written');
  });

  it('applies to the reload of a stale entry', async () => {
    const { manager, clock } = await openStack();
    const { loader, calls } = heldLoader();
    await manager.put('k', entryOf('k', { source: 'old', ttlSeconds: 60 }, clock));
    const options = { timeoutMs: 100, staleWhileRevalidate: 30 };
    await manager.getOrLoad('k', loader, options);
    clock.advance(61_000);
    expect(await outcomeOf(manager.getOrLoad('k', loader, options))).toBe('old');
    await settle();
    await pass(100);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(true);
    await manager.close();
  });

  it('ends the wait for the load of another process', async () => {
    vi.useRealTimers();
    const store = new SharedStore();
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({}), new SharedTier(store)] });
    store.leases.set('k', 'of another');
    const { loader, calls } = heldLoader();
    expect(await outcomeOf(cache.getOrLoad('k', loader, { timeoutMs: 60 }))).toMatchObject(TIMED_OUT);
    expect(calls).toHaveLength(0);
    store.leases.clear();
    expect(await outcomeOf(cache.getOrLoad('k', async () => entryOf('k', { source: 'own' })))).toBe('own');
    await cache.close();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5'])('rejects %s', async (timeoutMs) => {
    const { manager } = await openStack();
    const call = manager.getOrLoad('k', () => undefined, { timeoutMs: timeoutMs as number });
    await expect(call).rejects.toMatchObject({
      code: 'CACHE_VALIDATION_FAILED',
      message: 'getOrLoad: timeoutMs: must be a number of milliseconds from 1 to 2147483647, or null',
    });
  });

  it('rejects in time even if nothing else keeps the process alive', () => {
    const script = `
      import { CacheManager } from '@pw/cache-manager';
      import { MemoryCacheTier } from '@pw/tier-memory';
      const cache = await CacheManager.open({ tiers: [new MemoryCacheTier()] });
      for (const key of ['a', 'b'])
        await cache.getOrLoad(key, () => new Promise(() => {}), { timeoutMs: 20 }).catch(({ code }) => console.log(code));`;
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', script];
    const cwd = fileURLToPath(new URL('../../../../tools/interop', import.meta.url));
    expect(spawnSync(process.execPath, args, { cwd, timeout: 30_000, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: 'CACHE_LOAD_TIMED_OUT\nCACHE_LOAD_TIMED_OUT\n',
    });
  });
});

async function failing(call: Promise<CacheEntry | undefined>, milliseconds: number): Promise<unknown> {
  const outcome = outcomeOf(call);
  await pass(milliseconds);
  return outcome;
}
