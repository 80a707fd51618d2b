import { RecordingLogger } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { CacheCorruptionError, CacheEntry, CacheError, CacheValidationError, Secret } from '../../src/index.ts';
import { clock, LaterTier, MapTier } from './map-tiers.ts';

const entryOf = (key: string, ttlSeconds = 60) =>
  CacheEntry.create({ proxyUrl: 'http://h.example:1', key, ttlSeconds }, clock);
const fault = () => new Error('disk on fire');

describe('a tier on BaseTier', () => {
  it('opens automatically on first use, and again after close', () => {
    const tier = new MapTier();
    expect(tier.status).toBe('new');
    expect(tier.get('k')).toBeUndefined();
    expect(tier.status).toBe('open');
    tier.close();
    tier.close();
    expect(tier.status).toBe('closed');
    expect(tier.put('k', entryOf('k'))).toBe(true);
    expect(tier.openings).toBe(2);
  });

  it('reports the states between closed and open, however many opens and closes overlap', async () => {
    const tier = new (class extends LaterTier {
      protected override doOpen = () => Promise.resolve();
      protected override doClose = () => Promise.resolve();
    })();
    const openings = [tier.open(), tier.open(), tier.open()];
    expect(tier.status).toBe('opening');
    await Promise.all(openings);
    expect(tier.status).toBe('open');
    const closings = [tier.close(), tier.close(), tier.close()];
    expect(tier.status).toBe('closing');
    await Promise.all(closings);
    expect(tier.status).toBe('closed');
  });

  it('is closed by a close before the first use, and opens on every operation after that', () => {
    const tier = new MapTier();
    tier.close();
    expect(tier.status).toBe('closed');
    for (const use of [() => tier.size(), () => tier.peek('k'), () => tier.recordAccess([]), () => tier.has('k')]) {
      use();
      expect(tier.status).toBe('open');
      tier.close();
    }
  });

  it('claims exactly what its description claims, and its mode', () => {
    const unclaimed = { persistent: false, shared: false, ordered: false, query: false, health: false };
    const own = { countsAccesses: false, immediate: true };
    const parts = { reseal: false, sideValues: false, leases: false, changes: false };
    const agreement = { update: false, log: false, marks: false };
    const { capabilities } = new LaterTier();
    expect(capabilities).toEqual({ synchronous: false, ...unclaimed, ...own, ...parts, ...agreement });
    expect(new MapTier({}, { persistent: true }).capabilities).toEqual({
      ...capabilities,
      synchronous: true,
      persistent: true,
    });
    expect(Object.isFrozen(capabilities)).toBe(true);
  });

  it('refuses an unknown capability, and one that is not true or false', () => {
    const claiming = (capabilities: object) => () => new MapTier({}, capabilities);
    expect(claiming({ lease: true })).toThrow('l1_map: capabilities.lease: unknown option; did you mean leases?');
    expect(claiming({ shared: 'yes' })).toThrow('l1_map: capabilities.shared: must be true or false');
  });

  it('throws the error of the store from open(), and counts a failure when a read opens the tier', () => {
    const tier = new MapTier();
    tier.planted.set('open', fault());
    expect(() => tier.open()).toThrow('disk on fire');
    expect(tier.get('k')).toBeUndefined();
    expect(tier.failureCount).toBe(1);
    tier.planted.clear();
    tier.open();
    expect(tier.status).toBe('open');
  });

  it('counts consecutive failures and is switched off by the third', () => {
    const tier = new MapTier();
    tier.planted.set('bad', fault());
    expect(tier.get('bad')).toBeUndefined();
    expect(tier.put('bad', entryOf('bad'))).toBe(false);
    expect(tier.failureCount).toBe(2);
    tier.get('good');
    expect(tier.failureCount).toBe(0);
    for (let i = 0; i < 3; i++) expect(tier.delete('bad')).toBe(false);
    expect(tier.enabled).toBe(false);
    tier.planted.clear();
    expect(tier.put('k', entryOf('k'))).toBe(false);
    expect(tier.size()).toBe(0);
    expect(tier.keys()).toEqual([]);
    expect(tier.clear()).toBe(0);
    tier.resetFailures();
    expect(tier.enabled).toBe(true);
    expect(tier.failureCount).toBe(0);
    expect(tier.put('k', entryOf('k'))).toBe(true);
  });

  it('never switches on a tier that its configuration disables', () => {
    const tier = new MapTier({ enabled: false });
    tier.resetFailures();
    expect(tier.enabled).toBe(false);
    expect(tier.put('k', entryOf('k'))).toBe(false);
    expect(tier.status).toBe('new');
    tier.open();
    tier.close();
    expect(tier.openings).toBe(0);
  });

  it('counts hits and misses, and an expired entry as a miss and one removal', () => {
    const tier = new MapTier({ clock });
    tier.put('k', entryOf('k', 1));
    tier.get('k');
    tier.get('unknown');
    clock.advance(1_000);
    expect(tier.peek('k')).toBeUndefined();
    expect(tier.store.size).toBe(1);
    expect(tier.get('k')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 2, evictionsTtl: 1, currentSize: 0 });
  });

  it('counts removals by reason', () => {
    const tier = new MapTier();
    tier.put('a', entryOf('a'));
    tier.put('b', entryOf('b'));
    tier.delete('a', 'health');
    tier.delete('a', 'health');
    tier.delete('b');
    expect(tier.statistics).toMatchObject({ evictionsHealth: 1, totalEvictions: 1 });
  });

  it('counts a damaged record as a miss of that record, not as a failure', () => {
    const tier = new MapTier();
    tier.put('k', entryOf('k'));
    tier.planted.set('k', new CacheCorruptionError('stored record: key is not a string'));
    for (let i = 0; i < 5; i++) expect(tier.get('k')).toBeUndefined();
    expect(tier).toMatchObject({ enabled: true, failureCount: 0 });
    expect(tier.statistics).toMatchObject({ evictionsCorruption: 5, misses: 5 });
  });

  it('counts a credential that no key opens as a miss and as undecryptable, and warns once', () => {
    const logger = new RecordingLogger();
    const tier = new MapTier({ logger });
    tier.planted.set('k', new CacheError('x', { code: 'CACHE_CREDENTIAL_UNREADABLE' }));
    for (let i = 0; i < 5; i++) expect(tier.get('k')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ undecryptable: 5, misses: 5, evictionsCorruption: 0 });
    expect(tier.enabled).toBe(true);
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('key') });
  });

  it('skips a bad record in a batch and returns the others', () => {
    const tier = new MapTier();
    for (const key of ['a', 'b', 'c']) tier.put(key, entryOf(key));
    tier.planted.set('b', new CacheCorruptionError('x'));
    expect([...tier.getMany(['a', 'b', 'c', 'd']).keys()]).toEqual(['a', 'c']);
    expect(tier.statistics).toMatchObject({ hits: 2, misses: 2, evictionsCorruption: 1 });
  });

  it('throws for wrong arguments, in any state', () => {
    const tier = new MapTier();
    for (const wrong of [
      () => tier.put('a', entryOf('b')),
      () => tier.put('a', {} as never),
      () => tier.putMany([undefined as never]),
      () => tier.get(5 as never),
      () => tier.delete(undefined as never),
      () => tier.has(null as never),
      () => tier.getMany(['a', 5 as never]),
      () => tier.getMany('a' as never),
      () => tier.deleteMany([null as never]),
      () => tier.putMany(undefined as never),
      () => tier.recordAccess([{ key: 'a', hits: Number.NaN, lastAccessed: 0 }]),
      () => tier.recordAccess([{ key: 'a', hits: 0, lastAccessed: Number.NaN }]),
      () => tier.recordAccess({} as never),
    ]) {
      expect(wrong).toThrow(CacheValidationError);
    }
    expect(tier.failureCount).toBe(0);
  });

  it('refuses credentials on a persistent tier without a cipher, and accepts them with one', () => {
    const entry = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' });
    const cipher = { encrypt: () => new Uint8Array(1), decrypt: () => Secret.of('x') };
    expect(() => new MapTier({}, { persistent: true }).put(entry.key, entry)).toThrow(/cipher/);
    expect(new MapTier({ cipher }, { persistent: true }).put(entry.key, entry)).toBe(true);
    expect(new MapTier().put(entry.key, entry)).toBe(true);
  });

  it('tolerates a listener that throws, and logs a warning', () => {
    const logger = new RecordingLogger();
    const onEvict = () => {
      throw fault();
    };
    const tier = new MapTier({ onEvict, logger });
    tier.put('k', entryOf('k'));
    tier.evict('k');
    expect(tier.statistics.evictionsLru).toBe(1);
    expect(logger.text).toContain('listener');
  });

  it('logs no message of an error, which could quote stored values', () => {
    const logger = new RecordingLogger();
    const tier = new MapTier({ logger });
    tier.planted.set('k', new Error('secret-marker in the message'));
    tier.get('k');
    expect(logger.lines).toHaveLength(1);
    expect(logger.text).not.toContain('secret-marker');
  });

  it('streams live entries and ends at a fault without throwing', () => {
    const tier = new MapTier({ clock });
    for (const key of ['a', 'b', 'c']) tier.put(key, entryOf(key, key === 'b' ? 0 : 60));
    expect([...tier.entries()].map(({ key }) => key)).toEqual(['a', 'c']);
    tier.planted.set('c', fault());
    expect([...tier.entries()].map(({ key }) => key)).toEqual(['a']);
    expect(tier.failureCount).toBe(1);
  });

  it('does not count the start of a failing stream as a success', () => {
    const tier = new MapTier();
    tier.put('bad', entryOf('bad'));
    tier.planted.set('bad', fault());
    for (let i = 0; i < 3; i++) expect([...tier.entries()]).toEqual([]);
    expect(tier.enabled).toBe(false);
  });
});

describe('an asynchronous tier on BaseTier', () => {
  it('always returns promises, and counts a rejection as a failure', async () => {
    const tier = new LaterTier();
    expect(tier.put('k', entryOf('k'))).toBeInstanceOf(Promise);
    expect((await tier.get('k'))?.key).toBe('k');
    tier.fault = fault();
    expect(await tier.get('k')).toBeUndefined();
    expect(tier.failureCount).toBe(1);
    expect(await tier.put('k', entryOf('k'))).toBe(false);
    expect(await tier.deleteMany(['k'])).toEqual([false]);
    expect(tier.enabled).toBe(false);
    expect(tier.get('k')).toBeInstanceOf(Promise);
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 1 });
  });

  it('rejects, rather than throws, for a wrong argument', async () => {
    const tier = new LaterTier();
    await expect(tier.put('a', entryOf('b'))).rejects.toThrow(CacheValidationError);
    await expect(tier.get(5 as never)).rejects.toThrow(CacheValidationError);
  });

  it('works on a copy of the list that it was given', async () => {
    const tier = new LaterTier();
    const entries = [entryOf('a'), entryOf('b')];
    const keys = ['a', 'b'];
    const stored = tier.putMany(entries);
    entries.splice(0, 2, entryOf('c'));
    expect(await stored).toEqual([true, true]);
    const removed = tier.deleteMany(keys);
    keys.length = 0;
    expect(await removed).toEqual([true, true]);
    expect(tier.store.size).toBe(0);
  });

  it('streams with for await', async () => {
    const tier = new LaterTier();
    await tier.putMany([entryOf('a', 3600 * 24 * 365), entryOf('b', 3600 * 24 * 365)]);
    const seen: string[] = [];
    for await (const entry of tier.entries()) seen.push(entry.key);
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('getNow of a tier on BaseTier', () => {
  const ready = async () => {
    const tier = new LaterTier();
    tier.hasAtHand = true;
    await tier.put('k', entryOf('k'));
    return tier;
  };

  it('returns a value in async mode if one is available immediately', async () => {
    const tier = await ready();
    expect(tier.getNow('k')).toBe(tier.store.get('k'));
    expect(tier.getNow('unknown')).toBeUndefined();
    expect(tier.get('k')).toBeInstanceOf(Promise);
    tier.hasAtHand = false;
    const later = tier.getNow('k');
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(tier.store.get('k'));
  });

  it('calls an overridden get', async () => {
    class OwnGet extends MapTier {
      override get() {
        return undefined;
      }
    }
    const tier = new OwnGet();
    tier.put('k', entryOf('k'));
    expect(tier.getNow('k')).toBeUndefined();
  });

  it('returns a promise if the tier has to be opened, and a promise of undefined if it is switched off', async () => {
    const tier = new LaterTier();
    tier.hasAtHand = true;
    tier.store.set('k', entryOf('k'));
    for (const before of ['new', 'closed']) {
      expect(tier.status).toBe(before);
      const found = tier.getNow('k');
      expect(found).toBeInstanceOf(Promise);
      expect(await found).toBe(tier.store.get('k'));
      expect(tier.status).toBe('open');
      await tier.close();
    }
    await tier.open();
    for (let i = 0; i < 3; i++) tier.handleFailure(fault());
    const nothing = tier.getNow('k');
    expect(nothing).toBeInstanceOf(Promise);
    expect(await nothing).toBeUndefined();
    expect(tier.statistics).toMatchObject({ hits: 2, misses: 0 });
  });

  it('returns a value in sync mode, and opens the tier', () => {
    const tier = new MapTier();
    tier.store.set('k', entryOf('k'));
    expect(tier.getNow('k')).toBe(tier.store.get('k'));
    expect(tier.status).toBe('open');
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 0 });
  });

  it('is claimed by the capability immediate', () => {
    for (const tier of [new MapTier(), new LaterTier()]) expect(tier.capabilities.immediate).toBe(true);
  });

  it('counts the same as get, and removes expired entries', async () => {
    for (const tier of [new MapTier(), await ready()]) {
      await tier.put('k', entryOf('k', 1));
      await tier.getNow('k');
      await tier.getNow('unknown');
      clock.advance(1_000);
      expect(await tier.getNow('k')).toBeUndefined();
      expect(tier.store.size).toBe(0);
      expect(tier.statistics).toMatchObject({ hits: 1, misses: 2, evictionsTtl: 1 });
    }
  });

  it('turns a fault into a miss and counts a failure, which a success resets', async () => {
    const tier = await ready();
    tier.fault = fault();
    expect(tier.getNow('k')).toBeUndefined();
    tier.hasAtHand = false;
    expect(await tier.getNow('k')).toBeUndefined();
    expect(tier.failureCount).toBe(2);
    tier.fault = undefined;
    await tier.getNow('k');
    expect(tier.failureCount).toBe(0);
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 2 });
  });

  it('rejects in async mode for a wrong key, and throws in sync mode', async () => {
    for (const tier of [new LaterTier(), await ready()])
      for (const key of [5, undefined, null, ['k']])
        await expect(tier.getNow(key as never)).rejects.toThrow(CacheValidationError);
    expect(() => new MapTier().getNow(5 as never)).toThrow(CacheValidationError);
  });
});

describe('a tier on BaseTier', () => {
  it('does not claim to count accesses unless its description does', () => {
    expect(new MapTier().capabilities.countsAccesses).toBe(false);
    expect(new MapTier({}, { countsAccesses: true }).capabilities.countsAccesses).toBe(true);
  });

  it('looks up a key once that is listed twice in getMany', () => {
    const looked: string[] = [];
    class Looking extends MapTier {
      protected override doGet(key: string) {
        looked.push(key);
        return super.doGet(key);
      }
    }
    const tier = new Looking();
    tier.put('k', entryOf('k'));
    expect([...tier.getMany(['k', 'k']).keys()]).toEqual(['k']);
    expect(looked).toEqual(['k']);
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 0 });
  });
});
