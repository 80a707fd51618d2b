import { describe, expect, it } from 'vitest';
import {
  CacheCorruptionError,
  CacheEntry,
  CacheValidationError,
  entryToRecord,
  MAX_KEY_BYTES,
  recordToEntry,
} from '../../src/index.ts';
import { isTooLongKey } from '../../src/tier/index.ts';
import { clock, LaterTier, MapTier } from '../tier/map-tiers.ts';

const LONGEST = ['k'.repeat(4096), 'é'.repeat(2048), '漢'.repeat(1365), '🔑'.repeat(1024)];
const TOO_LONG = ['k'.repeat(4097), `${'é'.repeat(2048)}k`, '漢'.repeat(1366), `${'🔑'.repeat(1023)}kkkkk`];

const entryOf = (key: string) => CacheEntry.create({ proxyUrl: 'http://h.example:1', key }, clock);
const restored = (key: string) => CacheEntry.restore({ ...entryOf('a').toFields(), key });

describe('a key', () => {
  it('may have up to MAX_KEY_BYTES bytes, whatever its characters', () => {
    expect(MAX_KEY_BYTES).toBe(4096);
    expect(LONGEST.map(isTooLongKey)).toEqual([false, false, false, false]);
    expect(TOO_LONG.map(isTooLongKey)).toEqual([true, true, true, true]);
  });

  it('that is too long is refused by create() and with(), with an error that names it', () => {
    for (const key of LONGEST) expect(entryOf(key).key).toBe(key);
    for (const key of TOO_LONG) {
      expect(() => entryOf(key)).toThrow(/key: must be at most 4096 bytes/);
      expect(() => entryOf('a').with({ key })).toThrow(CacheValidationError);
    }
  });

  it.each([
    'get',
    'getNow',
    'has',
    'peek',
    'delete',
    'put',
    'getMany',
    'deleteMany',
    'putMany',
    'recordAccess',
  ] as const)(
    'that is too long is refused by %s of every tier, with an error that names key and bound',
    async (method) => {
      for (const tier of [new MapTier(), new LaterTier()]) {
        for (const key of TOO_LONG) {
          const call = async () => {
            if (method === 'put') return tier.put(key, restored(key));
            if (method === 'putMany') return tier.putMany([entryOf('a'), restored(key)]);
            if (method === 'recordAccess') return tier.recordAccess([{ key, hits: 1, lastAccessed: 0 }]);
            return method === 'getMany' || method === 'deleteMany' ? tier[method](['a', key]) : tier[method](key);
          };
          await expect(call()).rejects.toThrow(CacheValidationError);
          await expect(call()).rejects.toThrow(/key.*4096 bytes/);
        }
        for (const key of LONGEST) {
          expect(await tier.put(key, entryOf(key))).toBe(true);
          expect((await tier.get(key))?.key).toBe(key);
        }
        expect(await tier.size()).toBe(LONGEST.length);
        expect(tier.failureCount).toBe(0);
      }
    },
  );

  it('that is too long makes a stored record damaged', () => {
    for (const key of TOO_LONG) {
      const record = { ...entryToRecord(entryOf('a'), undefined), key };
      expect(() => recordToEntry(record, undefined)).toThrow(CacheCorruptionError);
      expect(() => recordToEntry(record, undefined)).toThrow(/key is longer than 4096 bytes/);
    }
  });
});

it('a stored flag that is a list makes the record damaged, however deeply it is nested', () => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  const record = { ...entryToRecord(entryOf('a'), undefined), evicted_from_l1: deep };
  expect(() => recordToEntry(record, undefined)).toThrow(CacheCorruptionError);
});
