import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  CacheConfigError,
  CacheEntry,
  CacheError,
  CacheStatistics,
  CacheStorageError,
  CacheValidationError,
  CredentialUnreadableError,
  entryToRecord,
  generateCacheKey,
  maskCredentials,
  parseCacheConfig,
  parseProxyUrl,
  parseTierConfig,
  recordChecksum,
  recordToEntry,
  Secret,
  TierStatistics,
} from '../../src/index.ts';
import {
  addAccess,
  afterHealthCheck,
  chain,
  checkArgument,
  checkFilter,
  checkHealthSchedule,
  checkOneOptionsObject,
  checkOptionsObject,
  claimEntry,
  compareTexts,
  copyEntry,
  countAccess,
  extractUrlCredentials,
  FileGuard,
  formatCursor,
  formatInstant,
  hasEnded,
  isInstant,
  Kinds,
  makePrivateFolders,
  markBuffered,
  maskPlainFields,
  oneOf,
  openRegularFile,
  optional,
  parseHealthCheck,
  parseHealthHistoryOptions,
  promiseOf,
  queryEntries,
  resealText,
  runAtExit,
  syncFolder,
  toStorable,
  unsafePath,
} from '../../src/tier/index.ts';
import { MapTier } from '../tier/map-tiers.ts';

const folder = mkdtempSync(join(tmpdir(), 'pw-arguments-'));
afterAll(() => rmSync(folder, { recursive: true }));

const entry = CacheEntry.create({ proxyUrl: 'http://h.example:8080' });
const circular: Record<string, unknown> = {};
circular['key'] = circular;
const wrong = (value: unknown) => value as never;

function errorOf(work: () => unknown): CacheValidationError {
  try {
    work();
  } catch (error) {
    return error as CacheValidationError;
  }
  throw new Error('nothing was thrown');
}

type Case = readonly [call: string, names: string, work: () => unknown];

const REFUSED: readonly Case[] = [
  ['generateCacheKey(1)', 'proxyUrl', () => generateCacheKey(wrong(1))],
  ['generateCacheKey with a misspelt option', 'user', () => generateCacheKey('x', wrong({ user: 'ann' }))],
  ['generateCacheKey with a number as username', 'username', () => generateCacheKey('x', wrong({ username: 1 }))],
  ['Secret.of(1)', 'text', () => Secret.of(wrong(1))],
  ['Secret.sealed without a cipher', 'cipher', () => Secret.sealed('00', wrong(undefined))],
  ['Secret#isCurrent without a cipher', 'cipher', () => Secret.of('x').isCurrent(wrong(undefined))],
  ['CacheEntry.create of a Map', 'input', () => CacheEntry.create(wrong(new Map()))],
  ['CacheEntry.create with an invalid clock', 'clock', () => CacheEntry.create({ proxyUrl: 'http://h:1' }, wrong({}))],
  ['CacheEntry.restore()', 'fields', () => CacheEntry.restore(wrong(undefined))],
  ['CacheEntry#with(null)', 'patch', () => entry.with(wrong(null))],
  ['CacheEntry#isExpiredAt with a string', 'now', () => entry.isExpiredAt(wrong('2'))],
  ['countAccess of fields', 'entry', () => countAccess(wrong(entry.toFields()), 1)],
  ['countAccess at NaN', 'now', () => countAccess(entry, Number.NaN)],
  ['addAccess to null', 'entry', () => addAccess(wrong(null), { hits: 1, lastAccessed: 1 })],
  ['addAccess of nothing', 'access', () => addAccess(entry, wrong(undefined))],
  ['addAccess of NaN hits', 'access', () => addAccess(entry, { hits: Number.NaN, lastAccessed: 1 })],
  ['addAccess of fewer than 0 hits', 'access', () => addAccess(entry, { hits: -1, lastAccessed: 1 })],
  ['addAccess at an infinite time', 'access', () => addAccess(entry, { hits: 1, lastAccessed: Infinity })],
  ['addAccess without a time', 'access', () => addAccess(entry, wrong({ hits: 1 }))],
  ['claimEntry of fields', 'entry', () => claimEntry(wrong(entry.toFields()), {})],
  ['claimEntry without an owner', 'owner', () => claimEntry(entry, wrong(undefined))],
  ['copyEntry of fields', 'entry', () => copyEntry(wrong(entry.toFields()))],
  ['copyEntry with a number as mark', 'evictedFromL1', () => copyEntry(entry, wrong(1))],
  ['promiseOf of fields', 'entry', () => promiseOf(wrong(entry.toFields()))],
  ['markBuffered of fields', 'entry', () => markBuffered(wrong(entry.toFields()), {})],
  ['markBuffered with null', 'buffer', () => markBuffered(entry, wrong(null))],
  ['countRemoval with an unknown reason', 'reason', () => new TierStatistics().countRemoval(wrong('x'))],
  ['countRemoval with NaN', 'count', () => new TierStatistics().countRemoval('ttl', Number.NaN)],
  ['checkFilter with a list', 'filter', () => checkFilter(wrong([]))],
  ['checkFilter with a Date as a range', 'expiresAt', () => checkFilter(wrong({ expiresAt: new Date(0) }))],
  ['checkFilter with a sparse list of sources', 'source', () => checkFilter(wrong({ source: new Array(2) }))],
  ['queryEntries of a string', 'entries', () => queryEntries(wrong('text'), {}, 1)],
  ['queryEntries of numbers', 'entries', () => queryEntries(wrong([1]), {}, 1)],
  ['formatCursor()', 'cursor', () => formatCursor(wrong(undefined))],
  ['formatInstant()', 'instant', () => formatInstant(wrong(undefined))],
  ['formatInstant beyond the year 9999', 'instant', () => formatInstant(2 ** 60)],
  ['toStorable(NaN)', 'instant', () => toStorable(Number.NaN)],
  ['parseProxyUrl(null)', 'given', () => parseProxyUrl(wrong(null))],
  ['compareTexts of numbers', 'a', () => compareTexts(wrong(1), wrong(2))],
  ['chain with a number as next', 'next', () => chain(1, wrong(1))],
  ['maskCredentials of a symbol', 'text', () => maskCredentials(wrong(Symbol('x')))],
  ['maskCredentials with an object as a secret', 'secrets', () => maskCredentials('text', [wrong({})])],
  ['maskPlainFields()', 'fields', () => maskPlainFields(wrong(undefined))],
  ['extractUrlCredentials of fields', 'entry', () => extractUrlCredentials(wrong(entry.toFields()))],
  ['entryToRecord of fields', 'entry', () => entryToRecord(wrong(entry.toFields()), undefined)],
  ['entryToRecord with an object as cipher', 'cipher', () => entryToRecord(entry, wrong({}))],
  ['recordToEntry with a number as cipher', 'cipher', () => recordToEntry({}, wrong(1))],
  ['recordChecksum of a bigint', 'record', () => recordChecksum(wrong({ key: 1n }))],
  ['recordChecksum of a circular object', 'record', () => recordChecksum(wrong(circular))],
  ['resealText of a string', 'bytes', () => resealText(wrong('text'), wrong({ encrypt() {}, decrypt() {} }))],
  ['parseHealthCheck()', 'result', () => parseHealthCheck(wrong(undefined), 1)],
  [
    'parseHealthCheck with a misspelt member',
    'responseTime',
    () => parseHealthCheck(wrong({ status: 'dead', checkUrl: 'x', responseTime: 1 }), 1),
  ],
  ['parseHealthHistoryOptions(null)', 'options', () => parseHealthHistoryOptions(wrong(null))],
  ['parseHealthHistoryOptions with a misspelt option', 'limits', () => parseHealthHistoryOptions(wrong({ limits: 1 }))],
  ['hasEnded of a process group', 'identity', () => hasEnded({ space: 'x', pid: 0, start: 1 })],
  ['runAtExit()', 'work', () => runAtExit(wrong(undefined))],
  ['makePrivateFolders of a path with NUL', 'path', () => makePrivateFolders(join(folder, '\0'))],
  ['makePrivateFolders with a misspelt option', 'flushed', () => makePrivateFolders(folder, wrong({ flushed: true }))],
  ['syncFolder of an empty path', 'path', () => syncFolder('')],
  ['openRegularFile without options', 'options', () => openRegularFile(folder, 0, wrong(undefined))],
  [
    'unsafePath with an unknown member',
    'guard',
    () => unsafePath(wrong({ path: 'x', what: 'x', problem: 'x', guard: 1 })),
  ],
  ['checkArgument without a kind', 'kind', () => checkArgument('x', 1, wrong(undefined))],
  ['checkOptionsObject without a name', 'how', () => checkOptionsObject({}, {}, wrong(undefined))],
  ['optional(1)', 'same', () => optional(wrong(1))],
  ['oneOf with numbers', 'choices', () => oneOf(wrong([1]))],
  ['get(1)', 'key', () => new MapTier().get(wrong(1))],
  ['delete with an unknown reason', 'reason', () => new MapTier().delete('x', wrong('because'))],
  ['putMany with undefined in the list', 'entries[1]', () => new MapTier().putMany(wrong([entry, undefined]))],
];

const CONFIG: readonly Case[] = [
  ['parseTierConfig of a Map', 'config', () => parseTierConfig(wrong(new Map()))],
  ['parseCacheConfig of a list', 'config', () => parseCacheConfig(wrong([]))],
  [
    'parseCacheConfig with a Promise as a tier',
    'l1Config',
    () => parseCacheConfig(wrong({ l1Config: Promise.resolve() })),
  ],
  ['parseCacheConfig with NUL in a path', 'l2CacheDir', () => parseCacheConfig({ l2CacheDir: '\0' })],
  ['checkHealthSchedule()', 'healthSchedule', () => checkHealthSchedule(wrong(undefined), 'l3')],
  ['checkHealthSchedule with NaN', 'jitter', () => checkHealthSchedule({ jitter: Number.NaN }, 'l3')],
  ['new TierStatistics with a string', 'counts', () => new TierStatistics(wrong('x'))],
  ['new TierStatistics with NaN', 'hits', () => new TierStatistics({ hits: Number.NaN })],
  ['new CacheStatistics with numbers as tiers', 'tiers', () => new CacheStatistics(wrong({ tiers: [1] }))],
  ['new FileGuard with unknown checks', 'checks', () => new FileGuard(wrong({ checks: 'on' }))],
  ['new CacheError(1)', 'message', () => new CacheError(wrong(1))],
  ['new CacheStorageError with null as options', 'options', () => new CacheStorageError('x', wrong(null))],
  [
    'new CacheValidationError with strings as problems',
    'problems',
    () => new CacheValidationError('x', wrong({ problems: ['x'] })),
  ],
  [
    'new CredentialUnreadableError with an object as reason',
    'reason',
    () => new CredentialUnreadableError(wrong(Object.create(null))),
  ],
];

const MANY = { a: optional(Kinds.string), b: optional(Kinds.string), c: optional(Kinds.number) };
const ONE_OF_MANY = { ...MANY, d: optional(Kinds.function), e: optional(Kinds.boolean), f: optional(Kinds.boolean) };
const check = (options: unknown, members: object) =>
  checkOptionsObject(options, members as typeof MANY, { what: 'work' });

/** What each function says to write instead of a value that is not its options object, or of an unknown member. */
const INSTEAD: readonly Case[] = [
  ['checkOptionsObject(2)', 'work: options: must be an object: write { c: 2 }', () => check(2, MANY)],
  ['checkOptionsObject of a string', "must be an object: write { a: '…' } or { b: '…' }", () => check('x', MANY)],
  ['checkOptionsObject of nothing that fits', 'must be an object, such as { a, b, c }', () => check(true, MANY)],
  ['the same with many members', 'must be an object, such as { a, b, c, d, … }', () => check([], ONE_OF_MANY)],
  ['the same with a required member', 'must be an object: write { a }', () => check([], { ...MANY, a: Kinds.string })],
  [
    'a value for another member than the required one',
    'must be an object: write { a, c: 5 }',
    () => check(5, { ...MANY, a: Kinds.string }),
  ],
  [
    'an instance given as options',
    'must be an object: write { clock }',
    () =>
      check(
        new (class Now {
          now() {}
        })(),
        { clock: optional(Kinds.clock) },
      ),
  ],
  ['an unknown member', 'unknown option; did you mean count?', () => check({ counts: 1 }, { count: Kinds.number })],
  [
    'parseCacheConfig of a folder',
    "write { l2CacheDir: '…' } or { l3DatabasePath: '…' }",
    () => parseCacheConfig(wrong('dir')),
  ],
  ['parseCacheConfig(600)', 'must be an object: write { defaultTtlSeconds: 600 }', () => parseCacheConfig(wrong(600))],
  ['parseCacheConfig with ttl', 'ttl: unknown member; did you mean', () => parseCacheConfig(wrong({ ttl: 600 }))],
  ['parseTierConfig(5)', 'must be an object: write { maxEntries: 5 }', () => parseTierConfig(wrong(5))],
  [
    'CacheEntry.create of a URL',
    "must be an object: write { proxyUrl: '…' }",
    () => CacheEntry.create(wrong('http://h:1')),
  ],
  ['CacheEntry#with(60)', 'must be an object: write { ttlSeconds: 60 }', () => entry.with(wrong(60))],
  ['CacheEntry#toUrl(false)', 'must be an object: write { credentials: false }', () => entry.toUrl(wrong(false))],
  ['generateCacheKey of a username', "write { username: '…' }", () => generateCacheKey('x', wrong('ann'))],
  ['generateCacheKey of a Secret', 'write { username }', () => generateCacheKey('x', wrong(Secret.of('ann')))],
  ['checkFilter of a source', "must be an object: write { source: '…' }", () => checkFilter(wrong('list'))],
  ['checkFilter(10)', 'must be an object: write { limit: 10 }', () => checkFilter(wrong(10))],
  [
    'checkFilter with a misspelt member',
    'sources: unknown member; did you mean source?',
    () => checkFilter(wrong({ sources: 'x' })),
  ],
  ['parseHealthHistoryOptions(5)', 'write { limit: 5 }', () => parseHealthHistoryOptions(wrong(5))],
  ['parseHealthCheck of a status', "write { checkUrl, status: '…' }", () => parseHealthCheck(wrong('dead'), 1)],
  ['checkHealthSchedule(5)', 'must be an object: write { intervalMs: 5 }', () => checkHealthSchedule(wrong(5), 'tier')],
  ['makePrivateFolders(folder, true)', 'write { flush: true }', () => makePrivateFolders(folder, wrong(true))],
  ['new FileGuard of checks', "write { checks: '…' }", () => new FileGuard(wrong('strict'))],
  [
    'a second options object',
    'there is one options object: write { …, maxEntries }',
    () => checkOneOptionsObject('T', [{ maxEntries: 5 }], '{ name }'),
  ],
  [
    'a second argument',
    'T: arguments[2]: there is one options object: write { name }',
    () => checkOneOptionsObject('T', [undefined, 'l1'], '{ name }'),
  ],
];

describe('a wrong argument', () => {
  it.each(INSTEAD)('is refused by an error that says what to write instead: %s', (_call, words, work) => {
    expect(errorOf(work).message).toContain(words);
  });

  it.each(REFUSED)('is refused by a CacheValidationError that names it: %s', (_call, name, work) => {
    const error = errorOf(work);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect(error.message).toContain(name);
    expect(error.problems.map(({ path }) => path)).toContainEqual(expect.stringContaining(name));
  });

  it.each(CONFIG)('is refused by a CacheConfigError that names it: %s', (_call, name, work) => {
    const error = errorOf(work);
    expect(error).toBeInstanceOf(CacheConfigError);
    expect(error.message).toContain(name);
    expect(error.problems.map(({ path }) => path)).toContainEqual(expect.stringContaining(name));
  });

  it.each([1n, Symbol('x'), '0', null, undefined, {}])('is not a time: %s', (value) => {
    expect(isInstant(wrong(value))).toBe(false);
  });

  it.each([
    () => undefined,
    () => Number.NaN,
    // If its rejection stayed unhandled, the test run would fail.
    () => Promise.reject(new Error('no chance')),
  ])('is refused as the result of random, and not stored: %s', (random) => {
    const check = parseHealthCheck({ status: 'dead', checkUrl: 'x' }, 1);
    const error = errorOf(() => afterHealthCheck(entry, check, { schedule: { random: wrong(random) } }));
    expect(error).toBeInstanceOf(CacheValidationError);
    expect(error.message).toContain('random');
  });

  it('is not quoted', () => {
    const value = 'do-not-show-this';
    const error = errorOf(() => checkArgument('count', value, Kinds.number));
    expect(error.message).toBe('count: must be a number');
  });

  it('accepts a function with a method now as a clock', () => {
    const clock = Object.assign(() => undefined, { now: () => 1 });
    expect(CacheEntry.create({ proxyUrl: 'http://h.example:8080' }, clock).fetchTime).toBe(1);
  });
});
