import type { CacheEntry } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { entryOf, openStack } from './support/stack.ts';

describe('getOrLoad with staleWhileRevalidate', () => {
  const WINDOW = { staleWhileRevalidate: 10_000 };

  async function nearItsEnd() {
    const stack = await openStack();
    const { manager, clock } = stack;
    await manager.put('k', entryOf('k', { ttlSeconds: 60, source: 'old' }, clock));
    clock.advance(55_000);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let loads = 0;
    const loader = async (key: string): Promise<CacheEntry> => {
      loads++;
      await gate;
      return entryOf(key, { ttlSeconds: 60, source: 'new' }, clock);
    };
    return { ...stack, open, loader, loads: () => loads };
  }

  /** Lets what is under way end. */
  const settled = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('gives an entry near its end at once, and loads it anew once for all', async () => {
    const { manager, loader, open, loads } = await nearItsEnd();
    for (let i = 0; i < 3; i++) expect((await manager.getOrLoad('k', loader, WINDOW))?.source).toBe('old');
    await settled();
    expect(loads()).toBe(1);
    open();
    await settled();
    expect(await manager.getOrLoad('k', loader, WINDOW)).toMatchObject({ source: 'new' });
    expect(loads()).toBe(1);
  });

  it('leaves one alone that has long to live, and never gives an expired one', async () => {
    const { manager, clock, loader, open, loads } = await nearItsEnd();
    open();
    expect((await manager.getOrLoad('k', loader, { staleWhileRevalidate: 1000 }))?.source).toBe('old');
    expect((await manager.getOrLoad('k', loader))?.source).toBe('old');
    await settled();
    expect(loads()).toBe(0);
    clock.advance(5_000);
    expect((await manager.getOrLoad('k', loader, WINDOW))?.source).toBe('new');
  });

  it('does not bring back what was deleted or replaced while it loaded', async () => {
    for (const change of ['delete', 'put'] as const) {
      const { manager, clock, loader, open } = await nearItsEnd();
      await manager.getOrLoad('k', loader, WINDOW);
      if (change === 'delete') await manager.delete('k');
      else await manager.put('k', entryOf('k', { ttlSeconds: 60, source: 'put' }, clock));
      open();
      await settled();
      expect((await manager.get('k'))?.source).toBe(change === 'delete' ? undefined : 'put');
    }
  });

  it('keeps the entry when it cannot be loaded, and tries again', async () => {
    const { manager, logger, loader, open, loads } = await nearItsEnd();
    const failing = () => Promise.reject(new Error('source is down'));
    expect((await manager.getOrLoad('k', failing, WINDOW))?.source).toBe('old');
    await settled();
    expect(logger.text).toContain('could not be loaded anew');
    expect(logger.text).not.toContain('source is down');
    open();
    expect((await manager.getOrLoad('k', loader, WINDOW))?.source).toBe('old');
    await settled();
    expect(loads()).toBe(1);
    expect((await manager.get('k'))?.source).toBe('new');
  });

  it('is over when the cache is closed', async () => {
    const { manager, loader, open, loads } = await nearItsEnd();
    await manager.getOrLoad('k', loader, WINDOW);
    let isClosed = false;
    const closing = manager.close().then(() => {
      isClosed = true;
    });
    await settled();
    expect([loads(), isClosed]).toEqual([1, false]);
    open();
    await closing;
  });
});
