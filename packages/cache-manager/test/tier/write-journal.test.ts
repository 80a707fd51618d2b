import type { CacheEntry } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { describe, expect, it } from 'vitest';
import { type AccessOutcome, type ReplayTarget, UNCONFIRMED_MS, WriteJournal } from '../../src/tier/write-journal.ts';
import { entryOf } from '../support/stack.ts';

const NOW = 1_000_000;
const OPTIONS = { now: () => NOW, capped: (entry: CacheEntry) => entry, force: false };

/** A tier that takes every write, or those that `takes` allows. */
class Target implements ReplayTarget {
  readonly calls: string[] = [];
  takes = (_call: string): boolean => true;

  #call(call: string): Promise<boolean> {
    this.calls.push(call);
    return Promise.resolve(this.takes(call));
  }
  put(key: string, entry: CacheEntry): Promise<boolean> {
    return this.#call(`put ${key} ${entry.source}`);
  }
  delete(key: string): Promise<boolean> {
    return this.#call(`delete ${key}`);
  }
  clear(): Promise<boolean> {
    return this.#call('clear');
  }
  async recordAccess(updates: readonly AccessUpdate[]): Promise<AccessOutcome> {
    return (await this.#call(`access ${updates.map(({ key, hits }) => `${key}+${hits}`).join()}`))
      ? 'stored'
      : 'missed';
  }
}

function miss(journal: WriteJournal, key: string, expected: CacheEntry | null = null): boolean {
  return journal.finish(journal.begin(key, expected), false, NOW);
}

const accessOf = (key: string, hits: number) => ({ key, hits, lastAccessed: NOW });

describe('a write journal', () => {
  it('covers the key of a write that failed until a later one succeeds', () => {
    const journal = new WriteJournal();
    expect(miss(journal, 'k')).toBe(true);
    expect(journal.covers('k')).toBe(true);
    expect(journal.covers('other')).toBe(false);
    expect(journal.finish(journal.begin('k', null), true, NOW)).toBe(false);
    expect(journal.isEmpty).toBe(true);
  });

  it('replays the latest write of each key, then the accesses', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    miss(journal, 'a', entryOf('a', { source: 'old' }));
    miss(journal, 'b', entryOf('b', { source: 'one' }));
    miss(journal, 'a', entryOf('a', { source: 'new' }));
    miss(journal, 'c');
    journal.recordAccess(accessOf('d', 3));
    expect(await journal.replay(target, OPTIONS)).toBe(true);
    expect(target.calls).toEqual(['put a new', 'put b one', 'delete c', 'access d+3']);
    expect(journal.hasMissed).toBe(false);
  });

  it('keeps what a tier did not take, and stops there', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    for (const key of ['a', 'b', 'c']) miss(journal, key);
    target.takes = (call) => call !== 'delete b';
    expect(await journal.replay(target, OPTIONS)).toBe(false);
    expect([...journal.missedKeys.keys()]).toEqual(['b', 'c']);
  });

  it('keeps a write that was missed again while it was replayed', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    const [old, newer] = [entryOf('k', { source: 'old' }), entryOf('k', { source: 'newer' })];
    miss(journal, 'k', old);
    target.takes = (call) => {
      if (call === 'put k old') miss(journal, 'k', newer);
      return true;
    };
    await journal.replay(target, OPTIONS);
    expect(target.calls).toEqual(['put k old', 'put k newer']);
  });

  it('clears a tier that missed more than it keeps, and covers every key until then', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    for (let i = 0; i <= 10_000; i++) miss(journal, `k${i}`);
    expect(journal.mustClear).toBe(true);
    expect(journal.covers('never written')).toBe(true);
    expect(await journal.replay(target, OPTIONS)).toBe(true);
    expect(target.calls[0]).toBe('clear');
    expect(target.calls).toHaveLength(10_001);
    expect(journal.isEmpty).toBe(true);
  });

  it('of a missed clear covers everything and forgets the accesses', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    miss(journal, 'k');
    journal.recordAccess(accessOf('k', 1));
    expect(journal.finishClear(false)).toBe(true);
    expect(journal.covers('anything')).toBe(true);
    await journal.replay(target, OPTIONS);
    expect(target.calls).toEqual(['clear']);
  });

  it('forgets everything when the tier was cleared', () => {
    const journal = new WriteJournal();
    miss(journal, 'k');
    expect(journal.finishClear(true)).toBe(false);
    expect(journal.isEmpty).toBe(true);
  });

  it('adds up accesses, up to a limit of keys, and keeps none that a write supersedes', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    for (let i = 0; i < 10_001; i++) journal.recordAccess(accessOf(`k${i}`, 1));
    journal.recordAccess(accessOf('k5', 2));
    journal.begin('k6', null);
    await journal.replay(target, OPTIONS);
    const [call] = target.calls;
    const replayed = call!.slice('access '.length).split(',');
    expect(replayed).toHaveLength(9_999);
    expect(replayed).not.toContain('k0+1');
    expect(replayed).toContain('k5+3');
    expect(replayed).not.toContain('k6+1');
  });

  it('keeps accesses that a tier did not take, and adds those that were missed meanwhile', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    journal.recordAccess(accessOf('k', 3));
    target.takes = () => {
      journal.recordAccess(accessOf('k', 4));
      return false;
    };
    expect(await journal.replay(target, OPTIONS)).toBe(false);
    expect(journal.missedHits('k')).toBe(7);
    target.takes = () => true;
    await journal.replay(target, OPTIONS);
    expect(target.calls).toEqual(['access k+3', 'access k+7']);
    expect(journal.hasMissed).toBe(false);
  });

  it('keeps no accesses of a value that was replaced while they were replayed', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    journal.recordAccess(accessOf('k', 3));
    target.takes = () => {
      journal.begin('k', null);
      return false;
    };
    await journal.replay(target, OPTIONS);
    expect(journal.missedHits('k')).toBe(0);
  });

  it('does not repeat accesses of which it is unknown whether they were stored', async () => {
    const journal = new WriteJournal();
    const target = new Target();
    target.recordAccess = async () => 'unknown';
    journal.recordAccess(accessOf('k', 3));
    expect(await journal.replay(target, OPTIONS)).toBe(false);
    expect(journal.hasMissed).toBe(false);
  });

  describe('of a write that timed out', () => {
    /** A journal with a late write of `k`, whose end `settle` reports. */
    function late() {
      const journal = new WriteJournal();
      const write = journal.begin('k', entryOf('k', { source: 'late' }));
      const { promise, resolve } = Promise.withResolvers<void>();
      const tracked = journal.trackLate(['k'], promise, NOW);
      journal.finish(write, false, NOW);
      return { journal, tracked, settle: resolve };
    }

    it('covers the key even after a later write succeeded, until the late one has settled', async () => {
      const { journal, tracked, settle } = late();
      expect(journal.finish(journal.begin('k', entryOf('k', { source: 'later' })), true, NOW)).toBe(true);
      expect(journal.covers('k')).toBe(true);
      expect(journal.isReplayable(NOW)).toBe(false);
      settle();
      expect(await tracked).toBe(true);
      expect(journal.isReplayable(NOW)).toBe(true);
      const target = new Target();
      await journal.replay(target, OPTIONS);
      expect(target.calls).toEqual(['put k later']);
    });

    it('trusts the key again after a minute, and repairs it if the late write settles after all', async () => {
      const { journal, tracked, settle } = late();
      const afterwards = NOW + UNCONFIRMED_MS;
      expect(journal.finish(journal.begin('k', null), true, afterwards)).toBe(false);
      expect(journal.covers('k')).toBe(false);
      settle();
      expect(await tracked).toBe(true);
      expect(journal.covers('k')).toBe(true);
    });

    it('replays its key before it has settled only if forced, and then keeps it covered', async () => {
      const { journal } = late();
      const target = new Target();
      await journal.replay(target, OPTIONS);
      expect(target.calls).toEqual([]);
      await journal.replay(target, { ...OPTIONS, force: true });
      expect(target.calls).toEqual(['put k late']);
      expect(journal.covers('k')).toBe(true);
    });

    it('expects its key to be gone after a clear', async () => {
      const { journal, tracked, settle } = late();
      expect(journal.finishClear(true)).toBe(true);
      settle();
      await tracked;
      const target = new Target();
      await journal.replay(target, OPTIONS);
      expect(target.calls).toEqual(['delete k']);
    });
  });

  describe('of a clear that timed out', () => {
    function late() {
      const journal = new WriteJournal();
      const { promise, resolve } = Promise.withResolvers<void>();
      const tracked = journal.trackLateClear(promise, NOW);
      journal.finishClear(false);
      return { journal, tracked, settle: resolve };
    }

    it('replays nothing until it has settled: it would remove what was written', async () => {
      const { journal, tracked, settle } = late();
      const target = new Target();
      expect(journal.isReplayable(NOW)).toBe(false);
      expect(await journal.replay(target, OPTIONS)).toBe(true);
      expect(target.calls).toEqual([]);
      expect(journal.mustClear).toBe(true);
      settle();
      await tracked;
      expect(journal.isReplayable(NOW)).toBe(true);
      await journal.replay(target, OPTIONS);
      expect(target.calls).toEqual(['clear']);
    });

    it('replays after a minute, or when forced, even if it has not settled', async () => {
      for (const options of [
        { ...OPTIONS, now: () => NOW + UNCONFIRMED_MS },
        { ...OPTIONS, force: true },
      ]) {
        const { journal } = late();
        const target = new Target();
        await journal.replay(target, options);
        expect(target.calls).toEqual(['clear']);
      }
    });
  });
});
