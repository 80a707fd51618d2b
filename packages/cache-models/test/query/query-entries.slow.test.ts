import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheEntry, type CacheEntryInput, CacheErrorCode, type EntryFilter } from '../../src/index.ts';
import { compareTexts, queryEntries } from '../../src/tier/index.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function make(key: string, input: Partial<CacheEntryInput> = {}): CacheEntry {
  return CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', key, fetchTime: NOW, ...input });
}

const ENTRIES = [
  make('a', { source: 'list', healthStatus: 'healthy', failureCount: 2, nextCheckTime: NOW + 5 }),
  make('b', { source: 'api', proxyUrl: 'SOCKS5://Host.example:1080', lastAccessed: NOW - 10, nextCheckTime: NOW - 5 }),
  make('c', { source: 'list', healthStatus: 'dead', expiresAt: NOW }),
  make('d', { source: 'api', expiresAt: NOW + 1 }),
];
const find = (filter: EntryFilter) => queryEntries(ENTRIES, filter, NOW).entries.map(({ key }) => key);

describe('queryEntries', () => {
  it.each<[EntryFilter, string[]]>([
    [{}, ['a', 'b', 'd']],
    [{ includeExpired: true }, ['a', 'b', 'c', 'd']],
    [{ source: 'list' }, ['a']],
    [{ source: ['list', 'api'] }, ['a', 'b', 'd']],
    [{ source: [] }, []],
    [{ protocol: 'socks5' }, ['b']],
    [{ text: 'HOST.' }, ['b']],
    [{ text: '%' }, []],
    [{ healthStatus: ['dead', 'healthy'], includeExpired: true }, ['a', 'c']],
    [{ expiresAt: { from: NOW, to: NOW + 1 }, includeExpired: true }, ['c']],
    [{ expiresAt: { from: new Date(NOW + 1).toISOString(), to: NOW + 2 } }, ['d']],
    [{ lastAccessed: { to: new Date(NOW) } }, ['b']],
    [{ failureCount: { min: 1, max: 2 } }, ['a']],
    [{ checkDueBy: NOW }, ['b']],
    [{ orderBy: 'nextCheckTime' }, ['b', 'a', 'd']],
    [{ orderBy: 'nextCheckTime', direction: 'desc' }, ['d', 'a', 'b']],
    [{ orderBy: 'source', direction: 'desc' }, ['a', 'd', 'b']],
  ])('%j finds %j', (filter, keys) => {
    expect(find(filter)).toEqual(keys);
  });

  it('continues after a page, and returns null as the cursor of the last one', () => {
    const first = queryEntries(ENTRIES, { limit: 2, orderBy: 'source' }, NOW);
    expect(first.entries.map(({ key }) => key)).toEqual(['b', 'd']);
    const second = queryEntries(ENTRIES, { limit: 2, orderBy: 'source', cursor: first.cursor! }, NOW);
    expect(second.entries.map(({ key }) => key)).toEqual(['a']);
    expect(second.cursor).toBeNull();
    expect(() => queryEntries(ENTRIES, { orderBy: 'source', direction: 'desc', cursor: first.cursor! }, NOW)).toThrow(
      /cursor/,
    );
  });

  it.each<[string, unknown]>([
    ['source', { source: '\ud800' }],
    ['source', { source: Array.from({ length: 1001 }, () => 'x') }],
    ['text', { text: '\udc00' }],
    ['limit', { limit: 10_001 }],
    ['cursor', { cursor: Buffer.from('["key","asc",1,"a"]').toString('base64url') }],
    ['orderBy', { orderBy: 'proxyUrl' }],
    ['object', null],
  ])('refuses a wrong %s', (name, filter) => {
    expect(() => queryEntries(ENTRIES, filter as EntryFilter, NOW)).toThrow(
      expect.objectContaining({ code: CacheErrorCode.VALIDATION_FAILED, message: expect.stringContaining(name) }),
    );
  });

  it('orders strings by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareTexts('\uffee', '🔑')).toBeLessThan(0);
  });
});
