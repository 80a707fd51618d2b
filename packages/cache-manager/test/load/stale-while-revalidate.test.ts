import { describe, expect, it } from 'vitest';
import { entryOf, openStack } from '../support/stack.ts';

describe('getOrLoad with staleWhileRevalidate', () => {
  async function open() {
    const stack = await openStack();
    const { manager, clock } = stack;
    let loads = 0;
    const load = async () => entryOf('k', { source: `load ${++loads}`, ttlSeconds: 60 }, clock);
    const ask = async (staleWhileRevalidate = 30) =>
      (await manager.getOrLoad('k', load, { staleWhileRevalidate }))?.source;
    return { ...stack, ask, loads: () => loads };
  }

  it('returns the stale entry while one load of a new one runs', async () => {
    const { clock, ask, loads } = await open();
    expect(await ask()).toBe('load 1');
    clock.advance(61_000);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['load 1', 'load 1', 'load 1']);
    expect(loads()).toBe(2);
    expect(await ask()).toBe('load 2');
  });

  it('waits for the load after the window, and without the option', async () => {
    const { clock, ask } = await open();
    await ask();
    clock.advance(91_000);
    expect(await ask()).toBe('load 2');
    clock.advance(61_000);
    expect(await ask(0)).toBe('load 3');
  });

  it('also returns a stale entry that was found rather than loaded', async () => {
    const { manager, clock, ask } = await open();
    await manager.put('k', entryOf('k', { source: 'put', ttlSeconds: 60 }, clock));
    expect(await ask()).toBe('put');
    clock.advance(61_000);
    expect(await ask()).toBe('put');
  });

  it('never returns an entry that was deleted, replaced or cleared', async () => {
    const { manager, clock, ask } = await open();
    const end = {
      delete: () => manager.delete('k'),
      deleteMany: () => manager.deleteMany(['k']),
      clear: () => manager.clear(),
      replaced: () => manager.put('k', entryOf('k', { source: 'new', ttlSeconds: 1 }, clock)),
      replacedWithOthers: () => manager.putMany([entryOf('k', { source: 'new', ttlSeconds: 1 }, clock)]),
    };
    let number = 0;
    for (const work of Object.values(end)) {
      expect(await ask()).toBe(`load ${++number}`);
      await work();
      clock.advance(61_000);
      expect(await ask()).toBe(`load ${++number}`);
      await manager.delete('k');
    }
  });

  it('keeps returning the stale entry if the load fails, and leaves no unhandled rejection', async () => {
    const { manager, clock, logger, ask } = await open();
    await ask();
    clock.advance(61_000);
    const fail = () => Promise.reject(new Error('planted'));
    const options = { staleWhileRevalidate: 30 };
    expect((await manager.getOrLoad('k', fail, options))?.source).toBe('load 1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.stringify(logger)).toContain('could not be reloaded');
    clock.advance(30_000);
    await expect(manager.getOrLoad('k', fail, options)).rejects.toThrow('planted');
  });

  it('returns the stale entry as updated by a health check', async () => {
    const { manager, clock, ask } = await open();
    await ask();
    await manager.invalidateByHealth('k');
    clock.advance(61_000);
    const old = await manager.getOrLoad('k', () => entryOf('k', {}, clock), { staleWhileRevalidate: 30 });
    expect(old).toMatchObject({ source: 'load 1', failureCount: 1 });
  });

  it('lets close wait for the background load', async () => {
    const { manager, clock, ask } = await open();
    await ask();
    clock.advance(61_000);
    const { promise: gate, resolve: finish } = Promise.withResolvers<void>();
    const slow = async () => {
      await gate;
      return entryOf('k', {}, clock);
    };
    expect((await manager.getOrLoad('k', slow, { staleWhileRevalidate: 30 }))?.source).toBe('load 1');
    let isClosed = false;
    const closing = manager.close().then(() => {
      isClosed = true;
    });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    finish();
    await closing;
  });

  it('rejects an invalid window', async () => {
    const { manager } = await open();
    await expect(manager.getOrLoad('k', () => undefined, { staleWhileRevalidate: -1 })).rejects.toThrow('0 or more');
  });
});
