import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { holdLock } from '../log/hold-lock.ts';
import { KINDS, makeEntry, NOW, type Tier, tempDir } from '../support.ts';

const OPTIONS = { after: 0, timeoutMs: 1000 };
const V = (NOW - 60_000) * 1024;
const entry = (key: string, version: number, source = 's') => stampEntry(makeEntry(key, { source }), version);
const marks = (tier: Tier) => new Map(tier.marks.read() as ReadonlyMap<string | null, number>);

describe.each(KINDS)('the marks of $name', (kind) => {
  it('are none at first', () => {
    expect(marks(kind.make(tempDir()))).toEqual(new Map());
  });

  it('are kept by put, delete and clear', () => {
    const tier = kind.make(tempDir());
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a') }], OPTIONS);
    tier.put('a', makeEntry('a'));
    tier.delete('a');
    tier.clear();
    expect(marks(tier)).toEqual(new Map([['a', 0]]));
  });

  it('store an entry with its version if it is wanted, and remove the mark', () => {
    const tier = kind.make(tempDir());
    const [removal] = tier.marks.writeAlone([{ key: 'a', entry: null }], OPTIONS) as number[];
    const asked: unknown[] = [];
    const stored = tier.marks.putIf([entry('a', V), entry('b', V + 2)], ({ key }, mark) => {
      asked.push([key, mark]);
      return key === 'a';
    });
    expect(asked).toEqual([
      ['a', removal],
      ['b', undefined],
    ]);
    expect(stored).toEqual([true, false]);
    expect(versionOf(tier.get('a')!)).toBe(V);
    expect(tier.keys()).toEqual(['a']);
    expect(marks(tier).size).toBe(0);
  });

  it('remove a key if it is unwanted, with its mark', () => {
    const tier = kind.make(tempDir());
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a') }], OPTIONS);
    tier.put('b', makeEntry('b'));
    expect(tier.marks.deleteIf(['a', 'b', 'c'], (key) => key !== 'b')).toEqual([true, false, false]);
    expect(tier.keys()).toEqual(['b']);
    expect(marks(tier).size).toBe(0);
  });

  it('give odd versions above everything known', () => {
    const tier = kind.make(tempDir());
    void tier.marks.putIf([entry('a', (NOW + 5000) * 1024)], () => true);
    const versions = tier.marks.writeAlone(
      [
        { key: 'a', entry: makeEntry('a') },
        { key: 'a', entry: null },
        { key: 'a', entry: makeEntry('a') },
      ],
      OPTIONS,
    ) as number[];
    expect(versions[0]).toBeGreaterThan((NOW + 5000) * 1024);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(versions.every((version) => version % 2 === 1)).toBe(true);
    expect(versionOf(tier.get('a')!)).toBe(versions[2]);
    expect(marks(tier)).toEqual(new Map([['a', versions[1]]]));
  });

  it('of a clear made alone replace all others', () => {
    const tier = kind.make(tempDir());
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a') }], OPTIONS);
    const version = tier.marks.clearAlone(OPTIONS) as number;
    expect(tier.keys()).toEqual([]);
    expect(marks(tier)).toEqual(new Map([[null, version]]));
    void tier.marks.change('a', (found) => {
      expect(found).toMatchObject({ entry: undefined, mark: version });
      return undefined;
    });
  });

  it('are removed up to a version, except for a newer entry', () => {
    const tier = kind.make(tempDir());
    void tier.marks.putIf([entry('old', V), entry('same', V + 10)], () => true);
    const [newer, removal] = tier.marks.writeAlone(
      [
        { key: 'new', entry: makeEntry('new') },
        { key: 'gone', entry: null },
      ],
      OPTIONS,
    ) as [number, number];
    expect(tier.marks.clearOlder(V + 10)).toBe(true);
    expect(tier.keys().toSorted()).toEqual(['new', 'same']);
    expect(marks(tier)).toEqual(
      new Map([
        ['new', 0],
        ['gone', removal],
      ]),
    );
    expect(tier.marks.clearOlder(removal)).toBe(true);
    expect(newer).toBeLessThan(removal);
    expect(tier.keys()).toEqual([]);
    expect(marks(tier).size).toBe(0);
  });

  it('of everything are removed only if they are still the same', () => {
    const tier = kind.make(tempDir());
    expect(tier.marks.markAll()).toBe(true);
    expect(marks(tier)).toEqual(new Map([[null, 0]]));
    const version = tier.marks.clearAlone(OPTIONS) as number;
    void tier.marks.markAll();
    expect(tier.marks.unmarkAll(0)).toBe(false);
    expect(tier.marks.unmarkAll(version)).toBe(true);
    expect(marks(tier).size).toBe(0);
  });

  it('protect their entries from eviction and expiry', async () => {
    const clock = new ManualClock(NOW);
    const directory = tempDir();
    const tier = kind.make(directory, { maxEntries: 2, evictionPolicy: 'lru' }, { clock });
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a', { expiresAt: NOW + 5 }) }], OPTIONS);
    clock.advance(10);
    for (const key of ['b', 'c', 'd']) tier.put(key, makeEntry(key, { lastAccessed: NOW }));
    expect(tier.get('a')).toBeUndefined();
    expect(await tier.cleanupExpired()).toBe(0);
    let found: unknown;
    void tier.marks.change('a', ({ entry: stored }) => {
      found = stored?.key;
      return { unmark: true };
    });
    expect(found).toBe('a');
    expect(tier.keys()).toEqual(['d']);
    expect(await tier.cleanupExpired()).toBe(1);
  });

  it('protect expired entries from a cleanup in a thread', async () => {
    const clock = new ManualClock(NOW);
    const tier = kind.make(tempDir(), {}, { clock });
    tier.putMany(Array.from({ length: 500 }, (_, at) => makeEntry(`k${at}`, { expiresAt: NOW + 5 })));
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a', { expiresAt: NOW + 5 }) }], OPTIONS);
    clock.advance(5);
    expect(await tier.cleanupExpired()).toBe(500);
    expect(tier.log.versionOf('a')).toBeGreaterThan(0);
  });

  it('change a record as decided, in one step', () => {
    const tier = kind.make(tempDir());
    void tier.marks.writeAlone([{ key: 'a', entry: makeEntry('a', { source: 'alone' }) }], OPTIONS);
    const isChanged = tier.marks.change('a', (found) => {
      expect(found.mark).toBe(0);
      expect(found.entry?.source).toBe('alone');
      return { put: entry('a', V, 'replayed'), unmark: true };
    });
    expect(isChanged).toBe(true);
    expect(tier.get('a')?.source).toBe('replayed');
    expect(tier.marks.change('a', () => ({ drop: true }))).toBe(true);
    expect(tier.keys()).toEqual([]);
  });

  it.each([new Error('planted'), Object.assign(new Error('planted'), { code: 'SQLITE_BUSY' })])(
    'let the error of a function through, and change nothing: %o',
    (planted) => {
      const tier = kind.make(tempDir());
      tier.put('a', makeEntry('a'));
      let calls = 0;
      const fail = (): never => {
        calls++;
        throw planted;
      };
      expect(() => tier.marks.change('a', fail)).toThrow(planted);
      expect(() => tier.marks.putIf([entry('b', V), entry('c', V)], ({ key }) => key === 'b' || fail())).toThrow(
        planted,
      );
      expect(() => tier.marks.deleteIf(['a', 'b'], (key) => key === 'a' || fail())).toThrow(planted);
      expect(calls).toBe(3);
      expect(tier.keys()).toEqual(['a']);
      expect(tier.totalFailures).toBe(0);
    },
  );

  it('reject with the error of a function that was asked later', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { whenLocked: 'promise' });
    tier.put('a', makeEntry('a'));
    const release = holdLock(kind.file(directory));
    const planted = new Error('planted');
    const pending = tier.marks.change('a', () => {
      throw planted;
    });
    release();
    await expect(pending).rejects.toBe(planted);
    expect(tier.totalFailures).toBe(0);
  });
});
