import { spawnSync } from 'node:child_process';
import { CacheConfigError, type CacheEntry } from '@pw/cache-models';
import { describe, expect, it, vi } from 'vitest';
import { TtlManager } from '../../src/index.ts';
import { KeyLock } from '../../src/stack/keyed-mutex.ts';
import { MissedWrites } from '../../src/tier/missed-writes.ts';
import { entryOf, openStack } from '../support/stack.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('KeyLock', () => {
  it('runs work on a free key at once and makes no promise for it', () => {
    const lock = new KeyLock();
    expect(lock.run('k', () => 1)).toBe(1);
    expect(lock.runAll(['k', 'l'], () => 2)).toBe(2);
  });

  it('puts work on one key in a row, also behind work that fails, and leaves other keys alone', async () => {
    const lock = new KeyLock();
    const order: string[] = [];
    const slow =
      (name: string, fails = false) =>
      async () => {
        order.push(`${name} begins`);
        await turn();
        order.push(`${name} ends`);
        if (fails) throw new Error('planted');
      };
    const first = lock.run('k', slow('first', true)) as Promise<void>;
    const second = lock.run('k', slow('second'));
    expect(lock.run('other', () => 'at once')).toBe('at once');
    await expect(first).rejects.toThrow('planted');
    await second;
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('lets work on all keys begin when the rest is over, and the rest when it is', async () => {
    const lock = new KeyLock();
    const order: string[] = [];
    const note = (name: string) => async () => {
      await turn();
      order.push(name);
    };
    const done = [
      lock.run('a', note('a')),
      lock.runAlone(note('alone')),
      lock.run('a', note('a2')),
      lock.run('b', note('b')),
    ];
    const again = lock.runAlone(note('alone again'));
    await Promise.all([...done, again]);
    expect(order.slice(0, 2)).toEqual(['a', 'alone']);
    expect(order.slice(2, 4).sort()).toEqual(['a2', 'b']);
    expect(order[4]).toBe('alone again');
    await lock.idle();
    expect(lock.run('a', () => 'free')).toBe('free');
  });
});

describe('MissedWrites', () => {
  const entry = {} as CacheEntry;

  it('keeps the newest write of a key, and what is written meanwhile', () => {
    const missed = new MissedWrites();
    missed.note('k', entry);
    missed.note('k', null);
    expect(missed.next()).toEqual(['k', null]);
    missed.replayed('k', entry);
    expect(missed.covers('k')).toBe(true);
    missed.replayed('k', null);
    expect([missed.covers('k'), missed.isEmpty]).toEqual([false, true]);
  });

  it('covers every key once there are more than it keeps', () => {
    const missed = new MissedWrites(2);
    for (const key of ['a', 'b', 'c']) missed.note(key, null);
    expect([missed.overflowed, missed.covers('never seen')]).toEqual([true, true]);
    missed.emptied();
    expect([missed.covers('a'), missed.covers('c')]).toEqual([true, false]);
  });
});

describe('TtlManager', () => {
  it('sweeps at its interval, one sweep at a time, until it is stopped', async () => {
    vi.useFakeTimers();
    try {
      let sweeps = 0;
      let end = () => {};
      const cleanupExpired = () => {
        sweeps++;
        return new Promise<number>((resolve) => {
          end = () => resolve(0);
        });
      };
      const ttl = new TtlManager({ cleanupExpired }, { cleanupInterval: 60 });
      expect([ttl.enabled, ttl.cleanupInterval]).toEqual([false, 60]);
      ttl.start();
      ttl.start();
      await vi.advanceTimersByTimeAsync(180_000);
      expect(sweeps).toBe(1);
      end();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(sweeps).toBe(2);
      end();
      ttl.stop();
      ttl.stop();
      expect(ttl.enabled).toBe(false);
      await vi.advanceTimersByTimeAsync(600_000);
      expect(sweeps).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes on after a sweep that failed', async () => {
    vi.useFakeTimers();
    try {
      const cleanupExpired = vi.fn(() => Promise.reject(new Error('planted')));
      const ttl = new TtlManager({ cleanupExpired }, { cleanupInterval: 1 });
      ttl.start();
      await vi.advanceTimersByTimeAsync(3_000);
      ttl.stop();
      expect(cleanupExpired).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('refuses an interval of %d seconds', (cleanupInterval) => {
    expect(() => new TtlManager({ cleanupExpired: async () => 0 }, { cleanupInterval })).toThrow(CacheConfigError);
  });
});

describe('a forgotten cache', () => {
  it('lets the process exit', () => {
    const program = `
      import { CacheManager } from '@pw/cache-manager';
      import { MemoryCacheTier } from '@pw/tier-memory';
      import { CacheEntry } from '@pw/cache-models';
      const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({})], cleanupIntervalSeconds: 3600 });
      const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
      await cache.put(entry.key, entry);
      await cache.get(entry.key);
      console.log('done');`;
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
    const child = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 20_000 });
    expect([child.status, child.stdout.trim(), child.stderr]).toEqual([0, 'done', '']);
  });

  it('is collected, whatever its background cleanup', () => {
    const program = `
      import { CacheManager } from '@pw/cache-manager';
      import { MemoryCacheTier } from '@pw/tier-memory';
      const forget = async () => new WeakRef(await CacheManager.open({ tiers: [new MemoryCacheTier({})], cleanupIntervalSeconds: 0.01 }));
      const forgotten = await forget();
      for (let i = 0; i < 200 && forgotten.deref() !== undefined; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        gc();
      }
      console.log(forgotten.deref() === undefined);`;
    const args = ['--expose-gc', '--conditions=@pw/source', '--input-type=module', '--eval', program];
    const child = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 30_000 });
    expect([child.status, child.stdout.trim(), child.stderr]).toEqual([0, 'true', '']);
  });

  it('writes accesses behind after a while by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { manager, clock, l2 } = await openStack();
      const write = vi.spyOn(l2, 'recordAccess');
      await manager.put('k', entryOf('k', {}, clock));
      await manager.get('k');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(write).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
