import { getEventListeners } from 'node:events';
import type { CacheEntry } from '@pw/cache-models';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heldLoader, outcomeOf, settle } from '../support/held-loader.ts';
import { entryOf, openStack } from '../support/stack.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const ENOUGH = new Error('enough');
const loaded = (source: string): CacheEntry => entryOf('k', { source });

async function open() {
  const { manager } = await openStack();
  return { manager, abort: new AbortController(), ...heldLoader() };
}

describe('a caller of getOrLoad that leaves by its signal', () => {
  it('ends a load that has no other caller: the loader gets the reason, and its late result is not stored', async () => {
    const { manager, abort, loader, calls } = await open();
    const outcome = outcomeOf(manager.getOrLoad('k', loader, { signal: abort.signal }));
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(false);
    abort.abort(ENOUGH);
    expect(await outcome).toBe(ENOUGH);
    expect(calls[0]!.context.signal.reason).toBe(ENOUGH);
    calls[0]!.give(loaded('late'));
    await settle();
    expect(await manager.has('k')).toBe(false);
  });

  it('leaves no hanging load for the next caller to join', async () => {
    const { manager, abort, loader, calls } = await open();
    const outcome = outcomeOf(manager.getOrLoad('k', loader, { signal: abort.signal }));
    await settle();
    abort.abort(ENOUGH);
    // Called in the same step in which the load ends.
    const next = outcomeOf(manager.getOrLoad('k', loader));
    expect(await outcome).toBe(ENOUGH);
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]!.give(loaded('second'));
    expect(await next).toBe('second');
  });

  it('ends the load once the other caller has left by its deadline, in either order', async () => {
    for (const isSignalLast of [false, true]) {
      const { manager, abort, loader, calls } = await open();
      const late = outcomeOf(manager.getOrLoad('k', loader, { timeoutMs: 30 }));
      const aborted = outcomeOf(manager.getOrLoad('k', loader, { signal: abort.signal }));
      await settle();
      if (!isSignalLast) abort.abort(ENOUGH);
      await vi.advanceTimersByTimeAsync(30);
      expect(await late).toMatchObject({ code: 'CACHE_LOAD_TIMED_OUT' });
      expect(calls[0]!.context.signal.aborted).toBe(!isSignalLast);
      abort.abort(ENOUGH);
      expect(await aborted).toBe(ENOUGH);
      expect(calls).toHaveLength(1);
      expect(calls[0]!.context.signal.aborted).toBe(true);
    }
  });

  it('is counted once if it has a deadline too', async () => {
    const { manager, abort, loader, calls } = await open();
    const both = outcomeOf(manager.getOrLoad('k', loader, { signal: abort.signal, timeoutMs: 20 }));
    const other = new AbortController();
    const patient = outcomeOf(manager.getOrLoad('k', loader, { signal: other.signal, timeoutMs: 2 ** 31 - 1 }));
    await settle();
    await vi.advanceTimersByTimeAsync(20);
    expect(await both).toMatchObject({ code: 'CACHE_LOAD_TIMED_OUT' });
    abort.abort(ENOUGH);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(false);
    other.abort(ENOUGH);
    expect(await patient).toBe(ENOUGH);
    expect(vi.getTimerCount()).toBe(0);
    expect(calls[0]!.context.signal.aborted).toBe(true);
  });

  it('does not end a load with another caller that has neither signal nor deadline', async () => {
    const { manager, abort, loader, calls } = await open();
    const hasty = [1, 2, 3].map(() => outcomeOf(manager.getOrLoad('k', loader, { signal: abort.signal })));
    const patient = outcomeOf(manager.getOrLoad('k', loader));
    await settle();
    abort.abort(ENOUGH);
    expect(await Promise.all(hasty)).toEqual([ENOUGH, ENOUGH, ENOUGH]);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(false);
    calls[0]!.give(loaded('loaded'));
    expect(await patient).toBe('loaded');
    expect(calls).toHaveLength(1);
  });

  it('affects only running loads; an ended load keeps no listener on the signal', async () => {
    const { manager, abort, loader, calls } = await open();
    for (const options of [{ signal: abort.signal }, { signal: abort.signal, timeoutMs: 1000 }]) {
      const outcome = outcomeOf(manager.getOrLoad('k', loader, options));
      await settle();
      calls.at(-1)!.give(loaded('loaded'));
      expect(await outcome).toBe('loaded');
      await manager.delete('k');
    }
    await settle();
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    abort.abort(ENOUGH);
    expect(calls.map(({ context }) => context.signal.aborted)).toEqual([false, false]);
  });

  it('may leave while its loader is starting', async () => {
    const { manager, abort, loader, calls } = await open();
    const outcome = outcomeOf(
      manager.getOrLoad(
        'k',
        (key, context) => {
          abort.abort(ENOUGH);
          return loader(key, context);
        },
        { signal: abort.signal },
      ),
    );
    expect(await outcome).toBe(ENOUGH);
    await settle();
    expect(calls[0]!.context.signal.aborted).toBe(true);
  });
});
