import { CacheEntry, silentLogger } from '@pw/cache-models';
import { type AccessUpdate, copyEntry, countAccess } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccessBuffer } from '../../src/access/access-buffer.ts';
import { KeyedMutex } from '../../src/scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../../src/tier/managed-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A buffer above one tier, whose `recordAccess` gets what is written and answers whether it was taken. */
function bufferAbove(take: (updates: readonly AccessUpdate[]) => boolean = () => true) {
  const written: AccessUpdate[] = [];
  const recordAccess = vi.fn(async (updates: readonly AccessUpdate[]) => {
    if (!take(updates)) return false;
    written.push(...updates);
    return true;
  });
  const first = { level: 0, countsAccesses: true } as ManagedTier;
  const below = { level: 1, countsAccesses: false, recordAccess } as unknown as ManagedTier;
  return { buffer: new AccessBuffer([first, below], new KeyedMutex(), silentLogger), written, recordAccess };
}

describe('the access buffer', () => {
  it('writes the counts that an entry has when they are written', async () => {
    const { buffer, written } = bufferAbove();
    const entry = entryOf('k');
    for (let now = 1e13; now < 1e13 + 5; now++) {
      countAccess(entry, now);
      buffer.recordHit(entry);
    }
    await buffer.flush();
    expect(written).toEqual([{ key: 'k', accessCount: 5, lastAccessed: 1e13 + 4, evictedFromL1: false }]);
  });

  it('records an entry again after it was written', async () => {
    const { buffer, written } = bufferAbove();
    const entry = entryOf('k');
    buffer.recordHit(entry);
    await buffer.flush();
    countAccess(entry, 1);
    buffer.recordHit(entry);
    await buffer.flush();
    expect(written.map(({ accessCount }) => accessCount)).toEqual([0, 1]);
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

  it('overlays the counts on an entry from a lower tier, and changes none that has them', () => {
    const { buffer } = bufferAbove();
    const entry = entryOf('k', { accessCount: 3 });
    buffer.recordHit(entry);
    const stored = CacheEntry.restore({ ...entry.toFields(), accessCount: 1 });
    expect(buffer.overlay(stored).accessCount).toBe(3);
    expect(stored.accessCount).toBe(1);
    expect(buffer.overlay(entry)).toBe(entry);
  });

  it('counts a hit for a tier that does not count, in a copy', () => {
    const { buffer } = bufferAbove();
    const found = entryOf('k', { accessCount: 3, evictedFromL1: true });
    const hit = buffer.countHit(found, false, 1e13);
    expect(hit.toFields()).toEqual({
      ...found.toFields(),
      accessCount: 4,
      lastAccessed: 1e13,
      evictedFromL1: false,
    });
    expect(found.accessCount).toBe(3);
    expect(buffer.countHit(found, false, 1e13).accessCount).toBe(5);
  });

  it('adds a hit that a lower tier has counted to those that this tier does not know of', () => {
    const { buffer } = bufferAbove();
    const above = entryOf('k', { accessCount: 9 });
    expect(buffer.countHit(entryOf('k', { accessCount: 4 }), true, 1e13).accessCount).toBe(4);
    buffer.recordHit(above);
    expect(buffer.countHit(entryOf('k', { accessCount: 5 }), true, 1e13).accessCount).toBe(10);
    expect(buffer.countHit(entryOf('k', { accessCount: 20 }), true, 1e13).accessCount).toBe(20);
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
    recordAccess.mockImplementationOnce((updates) => promise.then(() => take(updates)));
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

  it('neither throws nor loses other counts if an entry has counts that no tier takes', async () => {
    const { buffer, written } = bufferAbove();
    const odd = CacheEntry.restore({ ...entryOf('odd').toFields(), accessCount: 0.5 });
    const broken = CacheEntry.restore({ ...entryOf('broken').toFields(), accessCount: undefined as never });
    for (const entry of [odd, broken, entryOf('sound')]) buffer.recordHit(entry);
    for (const entry of [odd, broken]) {
      expect(() => buffer.overlay(copyEntry(entry))).not.toThrow();
      expect(() => buffer.countHit(entry, false, 1)).not.toThrow();
    }
    await buffer.flush();
    expect(written.map(({ key }) => key)).toEqual(['sound']);
  });
});
