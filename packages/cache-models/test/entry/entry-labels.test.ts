import { inspect } from 'node:util';
import { entryLabels, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CacheCorruptionError,
  CacheEntry,
  type CacheEntryInput,
  CacheValidationError,
  type EntryLabels,
  entryToRecord,
  NO_LABELS,
  type ProxyRecord,
  recordChecksum,
  recordToEntry,
} from '../../src/index.ts';
import { labelTexts, parseLabelTexts, queryEntries } from '../../src/tier/index.ts';

const clock = new ManualClock();
const URL = 'http://192.0.2.1:8080';

function make(labels: unknown, input: Partial<CacheEntryInput> = {}): CacheEntry {
  return CacheEntry.create({ proxyUrl: URL, ...input, labels: labels as EntryLabels }, clock);
}

describe('labels of an entry', () => {
  it('are a frozen copy, ordered by name', () => {
    const given = { kind: 'residential', country: 'DE' };
    const entry = make(given);
    given.country = 'US';
    expect(Object.entries(entry.labels)).toEqual([
      ['country', 'DE'],
      ['kind', 'residential'],
    ]);
    expect(Object.isFrozen(entry.labels)).toBe(true);
    expect(entry.toFields()).toEqual(JSON.parse(JSON.stringify(entry)));
    expect(make({}).toFields().labels).toBe(NO_LABELS);
    expect(entry.with({ failureCount: 1 }).labels).toBe(entry.labels);
  });

  it('are the same object for all entries without labels, and for fields without the member', () => {
    const { labels: _labels, ...before } = make({}).toFields();
    for (const entry of [make(undefined), make({}), CacheEntry.restore(before), make({ a: 'b' }).with({ labels: {} })])
      expect(entry.labels).toBe(NO_LABELS);
  });

  it('are replaced as a whole by with(), and kept when other fields change', () => {
    const entry = make({ country: 'DE', kind: 'isp' });
    expect(entry.with({ labels: { country: 'US' } }).labels).toEqual({ country: 'US' });
    expect(entry.with({ source: 'other' }).labels).toEqual(entry.labels);
  });

  it('contain no credentials: neither recognizable ones nor the entry’s own, given now or later', () => {
    const entry = make({ note: 'via http://ann:tiger@h:1', who: 'hunter2!' }, { password: 'hunter2!' });
    expect(JSON.stringify(entry.labels)).not.toMatch(/tiger|hunter2/);
    const later = make({ who: 'hunter2!' }).with({ password: 'hunter2!' });
    expect(later.labels['who']).not.toContain('hunter2');
    const old = CacheEntry.restore({ ...make({}, { password: 'hunter2!' }).toFields(), labels: { who: 'hunter2!' } });
    expect(JSON.stringify(old) + inspect(old)).not.toContain('hunter2');
  });

  it.each<[string, unknown, RegExp]>([
    ['a list', ['a'], /labels: must be an object of names and strings/],
    ['a string', 'country=DE', /labels: must be an object/],
    ['null', null, /labels: must be an object/],
    ['a Map', new Map([['a', 'b']]), /labels: must be an object/],
    ['a number as a value', { cost: 5 }, /labels\.cost: must be a well-formed string/],
    ['an empty string', { cost: '' }, /labels\.cost: must be/],
    ['undefined', { cost: undefined }, /labels\.cost: must be/],
    ['a value that is too long', { note: 'x'.repeat(257) }, /labels\.note: must be/],
    ['a lone surrogate', { note: '\ud800' }, /labels\.note: must be/],
    ['a line break', { note: 'a\nb' }, /labels\.note: must be/],
    ['an empty name', { '': 'x' }, /labels: must have a name of/],
    ['a name with an equals sign', { 'a=b': 'x' }, /labels\.a=b: must have a name of/],
    ['__proto__', JSON.parse('{"__proto__":"x"}'), /labels\.__proto__: must have a name of/],
    ['a name that is too long', { ['n'.repeat(65)]: 'x' }, /labels\.n{40}: must have a name of/],
    ['a symbol', { [Symbol('s')]: 'x' }, /labels\.Symbol\(s\): must have a name of/],
    [
      '33 of them',
      Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`n${n}`, 'x'])),
      /labels: must be at most 32/,
    ],
  ])('are refused if invalid, with an error that names them: %s', (_, labels, message) => {
    for (const act of [() => make(labels), () => make({}).with({ labels: labels as EntryLabels })]) {
      expect(act).toThrow(CacheValidationError);
      expect(act).toThrow(message);
    }
  });

  it('are not quoted in the error if invalid', () => {
    expect(() => make({ 'http://ann:tiger@h:1': 'x', note: `tiger${'x'.repeat(300)}` })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('tiger') as string }) as Error,
    );
  });
});

describe('labels in a record', () => {
  it('survive a round trip through their stored strings', () => {
    fc.assert(
      fc.property(entryLabels, (labels) => {
        const entry = make(labels);
        expect(parseLabelTexts(JSON.parse(JSON.stringify(labelTexts(entry.labels))))).toEqual(entry.labels);
        const record = JSON.parse(JSON.stringify(entryToRecord(entry, undefined))) as ProxyRecord;
        expect(recordToEntry(record, undefined)).toEqual(entry);
      }),
      { numRuns: 300 },
    );
  });

  it('are part of its checksum, which is the same as before labels existed if there are none', () => {
    const record = entryToRecord(make({ country: 'DE' }), undefined);
    const { labels: _labels, ...bare } = record;
    expect(recordChecksum(bare)).toBe(recordChecksum(entryToRecord(make({}), undefined)));
    expect(recordChecksum(record)).not.toBe(recordChecksum(bare));
    expect(recordChecksum(record)).not.toBe(recordChecksum({ ...record, labels: ['country=US'] }));
  });

  it.each([
    ['out of order', ['b=1', 'a=1']],
    ['duplicate', ['a=1', 'a=2']],
    ['without a value', ['a']],
    ['not strings', [1]],
    ['too many', Array.from({ length: 33 }, (_, n) => `n${String(n).padStart(2, '0')}=x`)],
    ['a string', 'a=1'],
  ])('make the record damaged if they are invalid: %s', (_, labels) => {
    expect(parseLabelTexts(labels)).toBeUndefined();
    expect(() => recordToEntry({ ...entryToRecord(make({}), undefined), labels }, undefined)).toThrow(
      CacheCorruptionError,
    );
  });

  it('may be an object, as other programs may write them', () => {
    const record = { ...entryToRecord(make({}), undefined), labels: { kind: 'isp', country: 'DE' } };
    expect(recordToEntry(record, undefined).labels).toEqual({ country: 'DE', kind: 'isp' });
  });
});

describe('a query by labels', () => {
  const entries = [
    make({ country: 'DE', kind: 'isp' }, { key: 'a' }),
    make({ country: 'US' }, { key: 'b' }),
    make({}, { key: 'c' }),
    make({ constructor: 'x' }, { key: 'd' }),
  ];
  const find = (labels: unknown) =>
    queryEntries(entries, { labels: labels as EntryLabels }, clock.now()).entries.map(({ key }) => key);

  it.each<[unknown, string[]]>([
    [{}, ['a', 'b', 'c', 'd']],
    [{ country: 'DE' }, ['a']],
    [{ country: ['DE', 'US'] }, ['a', 'b']],
    [{ country: ['DE', 'US'], kind: 'isp' }, ['a']],
    [{ country: [] }, []],
    [{ country: 'de' }, []],
    [{ toString: 'x' }, []],
    [{ constructor: 'x' }, ['d']],
  ])('%j finds %j', (labels, keys) => {
    expect(find(labels)).toEqual(keys);
  });

  it.each<[unknown, RegExp]>([
    ['DE', /labels: must be an object/],
    [{ 'a b': 'x' }, /labels\.a b: must have a name of/],
    [{ country: 5 }, /labels\.country: must be/],
    [{ country: ['DE', ''] }, /labels\.country: must be/],
    [{ country: undefined }, /labels\.country: must be/],
    [Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`n${n}`, 'x'])), /labels: must be at most 32/],
  ])('%j is refused with an error that names the label', (labels, message) => {
    expect(() => find(labels)).toThrow(message);
  });
});

describe('the orders of a query', () => {
  const uses = [
    ['a', 2, 5],
    ['b', 0, 9],
    ['c', 0, 3],
    ['d', 2, 1],
  ] as const;
  const entries = uses.map(([key, accessCount, lastAccessed]) => make({}, { key, accessCount, lastAccessed }));

  it('leastUsed orders by access count and then by last use, page by page', () => {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = queryEntries(entries, { orderBy: 'leastUsed', limit: 1, ...(cursor && { cursor }) }, clock.now());
      keys.push(...page.entries.map(({ key }) => key));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(keys).toEqual(['c', 'b', 'd', 'a']);
  });

  it('random returns each entry at each position with the same probability, on one page', () => {
    const seen = new Map<string, number>();
    const rounds = 24_000;
    for (let n = 0; n < rounds; n++) {
      const { entries: page, cursor } = queryEntries(entries, { orderBy: 'random', limit: 2 }, clock.now());
      expect(page.length).toBe(2);
      expect(cursor).toBeNull();
      const pair = page.map(({ key }) => key).join('');
      seen.set(pair, (seen.get(pair) ?? 0) + 1);
    }
    // There are twelve ordered pairs. A deviation this large happens by chance once in a billion runs.
    expect(seen.size).toBe(12);
    for (const count of seen.values()) expect(Math.abs(count - rounds / 12)).toBeLessThan(300);
    expect(() => queryEntries(entries, { orderBy: 'random', cursor: 'x' }, clock.now())).toThrow(
      /cursor: must be absent/,
    );
  });
});
