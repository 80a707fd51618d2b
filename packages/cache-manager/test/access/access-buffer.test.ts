import { CacheEntry, silentLogger } from '@pw/cache-models';
import { type AccessUpdate, copyEntry, countAccess } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccessBuffer } from '../../src/access/access-buffer.ts';
import { KeyedMutex } from '../../src/scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../../src/tier/managed-tier.ts';
import { entryOf } from '../support/stack.ts';

type RecordAccess = ManagedTier['recordAccess'];

/** What the buffer uses of a lower tier. */
function tierAt(level: number, recordAccess: RecordAccess, countsAccesses = false): ManagedTier {
  return { level, countsAccesses, recordAccess, missedHits: () => 0 } as unknown as ManagedTier;
}

/** A buffer above one tier, whose `recordAccess` gets what is written and says whether it was taken. */
function bufferAbove(take: (updates: readonly AccessUpdate[]) => boolean = () => true) {
  const written: AccessUpdate[] = [];
  const recordAccess = vi.fn<RecordAccess>(async (updates, onStored) => {
    if (!take(updates)) return undefined;
    written.push(...updates);
    onStored(updates);
    return undefined;
  });
  const first = { level: 0, countsAccesses: true, isSynchronous: true } as ManagedTier;
  const below = tierAt(1, recordAccess);
  const buffer = new AccessBuffer([first, below], new KeyedMutex(), silentLogger);
  return { buffer, written, recordAccess, first, below };
}

describe('the access buffer', () => {
  it('writes the hits that an entry has got by the time they are written', async () => {
    const { buffer, written } = bufferAbove();
    const entry = entryOf('k', { accessCount: 40 });
    for (let now = 1e13; now < 1e13 + 5; now++) {
      countAccess(entry, now);
      buffer.recordHit(entry);
    }
    await buffer.flush();
    expect(written).toEqual([{ key: 'k', hits: 5, lastAccessed: 1e13 + 4, evictedFromL1: false }]);
  });

  it('records an entry again after it was written', async () => {
    const { buffer, written } = bufferAbove();
    const entry = entryOf('k');
    for (const hits of [2, 3]) {
      for (let i = 0; i < hits; i++) {
        countAccess(entry, 1);
        buffer.recordHit(entry);
      }
      await buffer.flush();
    }
    expect(written.map(({ hits }) => hits)).toEqual([2, 3]);
  });

  it('records an entry again after its accesses were discarded', async () => {
    for (const discard of ['forget', 'clear'] as const) {
      const { buffer, written } = bufferAbove();
      const entry = entryOf('k');
      buffer.recordHit(entry);
      buffer[discard]('k');
      await buffer.flush();
      expect(written).toEqual([]);
      buffer.recordHit(entry);
      await buffer.flush();
      expect(written).toHaveLength(1);
    }
  });

  it('records an entry again that another object, or an eviction, has replaced', async () => {
    const { buffer, written } = bufferAbove();
    const entry = entryOf('k');
    buffer.recordHit(entry);
    buffer.recordHit(copyEntry(entry));
    buffer.recordHit(entry);
    buffer.recordEviction(entry);
    await buffer.flush();
    expect(written).toMatchObject([{ key: 'k', evictedFromL1: true }]);
    buffer.recordHit(entry);
    await buffer.flush();
    expect(written).toHaveLength(2);
  });

  it('records an entry that another cache has recorded', async () => {
    const one = bufferAbove();
    const other = bufferAbove();
    const entry = entryOf('k');
    for (const { buffer } of [one, other, one]) buffer.recordHit(entry);
    await Promise.all([one.buffer.flush(), other.buffer.flush()]);
    expect(one.written).toHaveLength(1);
    expect(other.written).toHaveLength(1);
  });

  it('adds the hits to the count of an entry from a lower tier, and changes none that has them', () => {
    const { buffer, first, below } = bufferAbove();
    const entry = entryOf('k', { accessCount: 3 });
    for (let i = 0; i < 2; i++) {
      countAccess(entry, 1);
      buffer.recordHit(entry);
    }
    const stored = CacheEntry.restore({ ...entry.toFields(), accessCount: 100 });
    expect(buffer.overlay(stored, below).accessCount).toBe(102);
    expect(stored.accessCount).toBe(100);
    expect(buffer.overlay(entry, first)).toBe(entry);
  });

  it('adds nothing that has been written', async () => {
    const { buffer, below } = bufferAbove();
    const entry = entryOf('k', { accessCount: 3 });
    buffer.recordHit(entry);
    await buffer.flush();
    expect(buffer.overlay(entry, below)).toBe(entry);
  });

  it('adds hits that are being written until the tier has answered', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { buffer, recordAccess, below } = bufferAbove();
    const take = recordAccess.getMockImplementation()!;
    recordAccess.mockImplementationOnce((updates, onStored) => promise.then(() => take(updates, onStored)));
    const [entry, stored] = [entryOf('k', { accessCount: 4 }), entryOf('k', { accessCount: 3 })];
    buffer.recordHit(entry);
    const flush = buffer.flush();
    await vi.waitFor(() => expect(recordAccess).toHaveBeenCalled());
    countAccess(entry, 1);
    buffer.recordHit(entry);
    expect(buffer.overlay(stored, below).accessCount).toBe(5);
    resolve();
    await flush;
    expect(buffer.overlay(stored, below).accessCount).toBe(4);
  });

  it('writes hits again if a tier has failed, with those counted since, and only to this tier', async () => {
    let isBroken = true;
    const { buffer, written, first, below } = bufferAbove(() => !isBroken);
    const others: AccessUpdate[] = [];
    const other = tierAt(2, async (updates, onStored) => {
      others.push(...updates);
      onStored(updates);
      return undefined;
    });
    const both = new AccessBuffer([first, below, other], new KeyedMutex(), silentLogger);
    const entry = entryOf('k');
    const hit = () => {
      countAccess(entry, 1);
      both.recordHit(entry);
    };
    hit();
    await both.flush();
    await both.flush();
    hit();
    isBroken = false;
    await both.flush();
    expect(written.map(({ hits }) => hits)).toEqual([2]);
    expect(others.map(({ hits }) => hits)).toEqual([1, 1]);
    buffer.clear();
  });

  it('adds hits that a tier did not take to those counted meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { buffer, written, recordAccess } = bufferAbove();
    recordAccess.mockImplementationOnce(() => promise);
    const entry = entryOf('k');
    const hit = () => {
      countAccess(entry, 1);
      buffer.recordHit(entry);
    };
    hit();
    const flush = buffer.flush();
    await vi.waitFor(() => expect(recordAccess).toHaveBeenCalled());
    hit();
    hit();
    resolve(undefined);
    await flush;
    await buffer.flush();
    expect(written.map(({ hits }) => hits)).toEqual([3]);
  });

  it('does not repeat hits of a call that timed out, unless it turns out to have failed', async () => {
    for (const [hasFailed, expected] of [
      [false, []],
      [true, [1]],
    ] as const) {
      const { buffer, written, recordAccess } = bufferAbove();
      recordAccess.mockImplementationOnce(async (updates, onStored) => {
        onStored(updates);
        return { hasFailed: Promise.resolve(hasFailed) };
      });
      buffer.recordHit(entryOf('k'));
      await buffer.flush();
      await buffer.flush();
      expect(written.map(({ hits }) => hits)).toEqual(expected);
    }
  });

  it('does not repeat hits of a call that failed late if the value was replaced since', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { buffer, written, recordAccess } = bufferAbove();
    recordAccess.mockImplementationOnce(async (updates, onStored) => {
      onStored(updates);
      return { hasFailed: promise };
    });
    buffer.recordHit(entryOf('k'));
    await buffer.flush();
    buffer.forget('k');
    resolve(true);
    await promise;
    await buffer.flush();
    expect(written).toEqual([]);
  });

  it('counts a hit for a tier that does not count, in a copy', () => {
    const { buffer, below } = bufferAbove();
    const found = entryOf('k', { accessCount: 3, evictedFromL1: true });
    const hit = buffer.countHit(found, below, 1e13);
    expect(hit.toFields()).toEqual({
      ...found.toFields(),
      accessCount: 4,
      lastAccessed: 1e13,
      evictedFromL1: false,
    });
    expect(found.accessCount).toBe(3);
    expect(buffer.countHit(found, below, 1e13).accessCount).toBe(5);
  });

  it('adds a hit that a lower tier has counted to those that this tier does not know of', () => {
    const { buffer, recordAccess } = bufferAbove();
    const counting = tierAt(1, recordAccess, true);
    expect(buffer.countHit(entryOf('k', { accessCount: 4 }), counting, 1e13).accessCount).toBe(4);
    buffer.recordHit(entryOf('k', { accessCount: 9 }));
    expect(buffer.countHit(entryOf('k', { accessCount: 5 }), counting, 1e13).accessCount).toBe(6);
    expect(buffer.countHit(entryOf('k', { accessCount: 20 }), counting, 1e13).accessCount).toBe(21);
  });

  it('does not write a hit to a lower tier that has counted it', async () => {
    const { recordAccess, written, first } = bufferAbove();
    const counting = tierAt(1, recordAccess, true);
    const buffer = new AccessBuffer([first, counting], new KeyedMutex(), silentLogger);
    const copy = buffer.countHit(entryOf('k', { accessCount: 4 }), counting, 1e13);
    countAccess(copy, 1e13);
    buffer.recordHit(copy);
    await buffer.flush();
    expect(written.map(({ hits }) => hits)).toEqual([1]);
  });

  it('keeps updates that a tier never takes for another attempt, up to a limit', async () => {
    let isBroken = true;
    const { buffer, written } = bufferAbove(() => !isBroken);
    const entry = entryOf('k');
    for (let i = 0; i < 20_000; i += 500) {
      for (let k = i; k < i + 500; k++) buffer.recordHit(CacheEntry.restore({ ...entry.toFields(), key: `k${k}` }));
      await buffer.flush();
    }
    isBroken = false;
    await buffer.flush();
    expect(written).toHaveLength(10_000);
    await buffer.flush();
    expect(written).toHaveLength(10_000);
  });

  it('writes after a second what was recorded while a flush was under way', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { promise, resolve } = Promise.withResolvers<void>();
    const { buffer, written, recordAccess } = bufferAbove();
    const take = recordAccess.getMockImplementation()!;
    recordAccess.mockImplementationOnce((updates, onStored) => promise.then(() => take(updates, onStored)));
    const [a, b] = [entryOf('a'), entryOf('b')];
    buffer.recordHit(a);
    const first = buffer.flush();
    buffer.recordHit(b);
    const second = buffer.flush();
    resolve();
    await Promise.all([first, second]);
    buffer.recordHit(b);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('neither throws nor loses hits if an entry has a count that no tier takes', async () => {
    const { buffer, written, below } = bufferAbove();
    const odd = CacheEntry.restore({ ...entryOf('odd').toFields(), accessCount: 0.5 });
    const broken = CacheEntry.restore({ ...entryOf('broken').toFields(), accessCount: undefined as never });
    for (const entry of [odd, broken, entryOf('sound')]) buffer.recordHit(entry);
    for (const entry of [odd, broken]) {
      expect(() => buffer.overlay(copyEntry(entry), below)).not.toThrow();
      expect(() => buffer.countHit(entry, below, 1)).not.toThrow();
    }
    await buffer.flush();
    expect(written.map(({ key, hits }) => `${key}: ${hits}`)).toEqual(['odd: 2', 'broken: 2', 'sound: 1']);
  });
});
