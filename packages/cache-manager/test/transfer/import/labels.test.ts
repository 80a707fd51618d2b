import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, CacheValidationError, entryToRecord, MAX_LABELS } from '@pw/cache-models';
import { RECORD_MEMBERS } from '@pw/cache-models/tier';
import { makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ExportCredentials, exportToFile } from '../../../src/transfer/export/index.ts';
import { type WarmOptions, warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget, revealed } from '../../support/import-target.ts';

const PROXY = { ip: '198.18.0.1', port: 8080 };

async function importText(text: string, name: string, options?: WarmOptions, target = new MapTarget()) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, text);
  target.cipher = new TestCipher();
  const result = await warmFromFile(target, path, options);
  return { target, result, reasons: result.problems.map(({ reason }) => reason) };
}

const importRows = (rows: readonly unknown[], options?: WarmOptions, target?: MapTarget) =>
  importText(rows.map((row) => JSON.stringify(row)).join('\n'), 'rows.jsonl', options, target);

/** The labels of the only entry that a row makes. */
async function labelsOf(members: Readonly<Record<string, unknown>>, options?: WarmOptions) {
  const { target, reasons } = await importRows([{ ...PROXY, ...members }], options);
  return { labels: { ...target.one.labels }, reasons };
}

const many = (count: number, letter = 'n') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${letter}${i}`, String(i)]));

describe('a row from another program', () => {
  it.each([
    ['its country', { country: 'Bangladesh' }, { country: 'Bangladesh' }],
    ['a code rather than a name', { country: 'France', country_code: 'FR' }, { country: 'FR' }],
    ['a code in any spelling', { countryCode: 'US' }, { country: 'US' }],
    ['a code in any spelling', { 'Country Code': 'US' }, { country: 'US' }],
    ['a code in upper case, as in ISO 3166', { country: 'ru' }, { country: 'RU' }],
    ['a code next to a country', { code: 'NL', country: 'Netherlands' }, { country: 'NL' }],
    ['nothing from a code that is not a country code', { code: '200' }, {}],
    ['the country next to a code of another kind', { code: '200', country: 'Chile' }, { country: 'Chile' }],
    ['the code in proxybroker files', { geo: { country: { code: 'US', name: 'United States' } } }, { country: 'US' }],
    ['the name of a country', { geo: { country: { name: 'Chile' } } }, { country: 'Chile' }],
    ['the place in proxifly files', { geolocation: { country: 'US', city: 'x' } }, { country: 'US', city: 'x' }],
    ['the place in proxyscrape files', { ip_data: { countryCode: 'DE', isp: 'A' } }, { country: 'DE', provider: 'A' }],
    ['its own country rather than that of an object', { cc: 'DE', geo: { country: 'US' } }, { country: 'DE' }],
    ['no kind from an object about the place', { geo: { type: 'Point' }, location: 'here' }, {}],
    ['its anonymity', { anonymityLevel: 'elite' }, { anonymity: 'elite' }],
    ['its anonymity', { level: 'anonymous' }, { anonymity: 'anonymous' }],
    ['its provider', { org: 'O', isp: 'I', provider: 'P' }, { provider: 'P' }],
    ['its provider', { org: 'O', isp: 'I' }, { provider: 'I' }],
    ['its network', { asn: 13335, org: 'O' }, { asn: '13335', provider: 'O' }],
    ['its place', { city: ' Paris ', region: 'IDF' }, { city: 'Paris', region: 'IDF' }],
    ['its kind', { kind: 'residential', type: 'mobile' }, { kind: 'residential' }],
    ['its kind', { type: 'datacenter' }, { kind: 'datacenter' }],
    ['no protocol as its kind', { type: 'SOCKS5' }, {}],
    ['no protocol as its kind', { type: 'HTTP/HTTPS' }, {}],
    ['no level of anonymity as its kind', { type: 'Elite' }, {}],
    ['its cost', { cost: 0.25 }, { cost: '0.25' }],
    ['its price', { price: '3 USD' }, { cost: '3 USD' }],
    ['nothing from empty members', { country: '', city: '  ', isp: null, asn: 'None', org: '-', region: 'nan' }, {}],
    ['nothing from values that are not scalars', { country: ['US'], city: { a: 1 }, kind: true, cost: [1] }, {}],
    ['nothing from other members', { latency: 5, constructor: 'x', toString: 'y', country_x: 'z' }, {}],
  ])('gets %s as labels: %j', async (_what, members, expected) => {
    const { labels, reasons } = await labelsOf(members);
    expect({ labels, reasons }).toEqual({ labels: expected, reasons: [] });
  });

  it('gets no label from a numeric type, which is reported because it names no scheme either', async () => {
    const { labels, reasons } = await labelsOf({ type: 3 });
    expect({ labels, reasons }).toEqual({ labels: {}, reasons: [expect.stringMatching(/^type is a number/)] });
  });

  it('gets the same labels in CSV', async () => {
    const { target } = await importText(
      'ip,port,Code,Country,Anonymity,ISP\n198.18.0.1,3128,NL,Netherlands,elite proxy,"Acme, Inc."\n',
      'list.csv',
    );
    expect(target.one.labels).toEqual({ anonymity: 'elite proxy', country: 'NL', provider: 'Acme, Inc.' });
  });

  it('is loaded without an invalid label value, which is reported but not quoted', async () => {
    const { labels, reasons } = await labelsOf({ country: 'X'.repeat(257), city: 'a\u0007b', isp: '\ud800', asn: 5 });
    expect(labels).toEqual({ asn: '5' });
    expect(reasons).toHaveLength(3);
    for (const name of ['country', 'city', 'provider'])
      expect(reasons).toContainEqual(expect.stringMatching(new RegExp(`^${name} .*was left out$`)));
    expect(reasons.join()).not.toContain('XX');
  });

  it('keeps a value of 256 characters whole, and uses another member if the first is too long', async () => {
    const long = 'x'.repeat(256);
    expect((await labelsOf({ city: long })).labels).toEqual({ city: long });
    expect(await labelsOf({ country_code: `${long}x`, country: 'Chile' })).toEqual({
      labels: { country: 'Chile' },
      reasons: [],
    });
  });

  it('has no credential in a label', async () => {
    const { labels } = await labelsOf({
      username: 'ann',
      password: 'hunter2',
      isp: 'http://joe:swordfish@gate.example',
      city: 'hunter2 town',
    });
    expect(JSON.stringify(labels)).not.toMatch(/hunter2|swordfish/);
    expect(labels['city']).toContain('town');
  });
});

describe('the member labels of a row', () => {
  it.each([
    ['a list', ['country=DE', 'kind=a=b ']],
    ['an object', { country: ' DE ', kind: 'a=b' }],
  ])('may be %s, and overrides other members', async (_what, given) => {
    const { labels, reasons } = await labelsOf({ labels: given, country: 'US', city: 'x' });
    expect(labels).toMatchObject({ country: 'DE', city: 'x' });
    expect(labels['kind']!.trim()).toBe('a=b');
    expect(reasons).toEqual([]);
  });

  it('loses only invalid labels, which are reported but not quoted', async () => {
    const given = { country: 'DE', '1st': 'x', hunter2: 'y\nz', deep: { a: 1 }, none: '', nothing: null };
    for (const wrong of [given, ['country=DE', '1st=x', 'hunter2=y\nz', 5, 'none=']]) {
      const { labels, reasons } = await labelsOf({ labels: wrong });
      expect(labels).toEqual({ country: 'DE' });
      expect(reasons).toEqual([expect.stringMatching(/^labels: 3 invalid, left out/)]);
      expect(reasons.join()).not.toMatch(/1st|hunter2/);
    }
  });

  it.each([['fast', 'eu'], 'premium', 7, true])('is ignored and reported if it is %j', async (given) => {
    const { labels, reasons } = await labelsOf({ labels: given });
    expect(labels).toEqual({});
    expect(reasons).toHaveLength(1);
  });

  it('cannot reach a prototype', async () => {
    const { target, reasons } = await importText(
      '{"ip":"198.18.0.1","port":80,"labels":{"__proto__":{"country":"US"},"constructor":"c"}}',
      'rows.jsonl',
    );
    expect(target.one.labels).toEqual({ constructor: 'c' });
    expect(reasons).toHaveLength(1);
  });
});

describe('the option labels', () => {
  it('labels every row and overrides its own labels', async () => {
    const options = { labels: { kind: 'residential', country: 'US' } };
    const rows = [
      { ...PROXY, kind: 'mobile', city: 'x', labels: { country: 'DE' } },
      { proxy_url: 'http://b.example:1' },
    ];
    const { target } = await importRows(rows, options);
    expect([...target.map.values()].map(({ labels }) => labels)).toEqual([
      { city: 'x', country: 'US', kind: 'residential' },
      { country: 'US', kind: 'residential' },
    ]);
    const { target: listed } = await importText('198.18.0.1:80\n', 'list.txt', options);
    expect(listed.one.labels).toEqual(options.labels);
    expect(Object.isFrozen(listed.one.labels)).toBe(true);
  });

  it('also labels full records, such as those of an export', async () => {
    const entry = CacheEntry.create(
      { proxyUrl: 'http://a.example:1', labels: { kind: 'isp', city: 'x' } },
      new MapTarget().clock,
    );
    const { target } = await importRows([entryToRecord(entry, undefined)], { labels: { kind: 'mobile' } });
    expect(target.one.labels).toEqual({ city: 'x', kind: 'mobile' });
  });

  it.each([
    [{ '1st': 'x' }, ['labels.1st']],
    [{ country: '' }, ['labels.country']],
    [{ country: 'a\nb', kind: 7 }, ['labels.country', 'labels.kind']],
    [many(33), ['labels']],
    ['country=US', ['labels']],
    [null, ['labels']],
  ])('is refused with an error that names it, before anything is read: %j', async (labels, paths) => {
    const target = new MapTarget();
    const error = await importRows([PROXY], { labels: labels as never }, target).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect((error as CacheValidationError).problems.map(({ path }) => path)).toEqual(paths);
    expect(target.map.size).toBe(0);
  });
});

describe('an entry has at most 32 labels', () => {
  it('from a row: a group that does not fit is left out completely and reported', async () => {
    const options = { labels: many(20, 'o') };
    const own = await labelsOf({ labels: many(13), city: 'x' }, options);
    expect(own.labels).toEqual({ ...options.labels, city: 'x' });
    expect(own.reasons).toEqual([expect.stringContaining('at most 32')]);
    const other = await labelsOf({ labels: many(12), city: 'x' }, options);
    expect(other.labels).toEqual({ ...options.labels, ...many(12) });
    expect(other.reasons).toEqual([expect.stringContaining('at most 32')]);
    const alone = await labelsOf({ labels: many(33), city: 'x' });
    expect(alone).toEqual({ labels: { city: 'x' }, reasons: [expect.stringContaining('at most 32')] });
  });

  it('in an existing entry: a row that would exceed the limit only changes existing labels, which is reported', async () => {
    const { target } = await importRows([{ ...PROXY, labels: many(31) }]);
    const { reasons } = await importRows([{ ...PROXY, labels: { n3: 'new', x: '1', y: '2' } }], {}, target);
    expect(target.one.labels).toEqual({ ...many(31), n3: 'new' });
    expect(reasons).toEqual([expect.stringContaining('at most 32')]);
    const { reasons: none } = await importRows([{ ...PROXY, labels: { x: '1' } }], {}, target);
    expect(Object.keys(target.one.labels)).toHaveLength(MAX_LABELS);
    expect(none).toEqual([]);
  });
});

describe('a row over an existing entry', () => {
  it('replaces the labels that it has and keeps the others', async () => {
    const { target } = await importRows([{ ...PROXY, country: 'US', city: 'x' }]);
    await importRows([{ ...PROXY, country: 'DE', kind: 'isp' }], {}, target);
    expect(target.one.labels).toEqual({ city: 'x', country: 'DE', kind: 'isp' });
    await importRows([PROXY], {}, target);
    expect(target.one.labels).toEqual({ city: 'x', country: 'DE', kind: 'isp' });
    expect(Object.keys(target.one.labels)).toEqual(['city', 'country', 'kind']);
  });

  it('replaces and keeps labels with names such as toString and constructor', async () => {
    const { target } = await importRows([{ ...PROXY, labels: { toString: '1' } }]);
    await importRows([{ ...PROXY, labels: { constructor: 'c', hasOwnProperty: 'h' } }], {}, target);
    expect(target.one.labels).toEqual({ constructor: 'c', hasOwnProperty: 'h', toString: '1' });
  });

  it('replaces and keeps labels of an earlier row of the same file', async () => {
    const { target } = await importRows([
      { ...PROXY, country: 'US', city: 'x' },
      { ...PROXY, country: 'DE' },
    ]);
    expect(target.one.labels).toEqual({ city: 'x', country: 'DE' });
  });

  it('does not inherit labels of another proxy under its key', async () => {
    const { target } = await importRows([{ ...PROXY, country: 'US' }]);
    const { key } = target.one;
    target.map.set(key, CacheEntry.create({ proxyUrl: 'http://other.example:1', key, labels: { city: 'x' } }));
    await importRows([{ ...PROXY, country: 'DE' }], {}, target);
    expect(target.one.labels).toEqual({ country: 'DE' });
  });

  it.each([1, 400])('masks credentials of the row in labels of the entry, and the reverse (%i rows)', async (count) => {
    const proxies = Array.from({ length: count }, (_, i) => ({ ip: '198.18.0.1', port: i + 1 }));
    const options = { keyIdentity: 'url' as const };
    const isp = `hunter2 ${'x'.repeat(240)}`;
    const { target } = await importRows(
      proxies.map((proxy) => ({ ...proxy, isp })),
      options,
    );
    await importRows(
      proxies.map((proxy) => ({ ...proxy, username: 'ann', password: 'hunter2' })),
      options,
      target,
    );
    await importRows(
      proxies.map((proxy) => ({ ...proxy, city: 'at hunter2' })),
      options,
      target,
    );
    expect(target.map.size).toBe(count);
    const shown = JSON.stringify([...target.map.values()].map(({ labels }) => labels));
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('xxxx');
  });
});

describe('labels in an export', () => {
  const labels = { country: 'DE', kind: 'residential', note: 'a=b; c' };
  const clock = new MapTarget().clock;
  const entry = CacheEntry.create(
    { proxyUrl: 'http://a.example:1', username: 'ann', password: 'hunter2', labels },
    clock,
  );
  async function exported(credentials: ExportCredentials) {
    const path = join(makeTempDir(onTestFinished), 'all.jsonl');
    await exportToFile({ entries: () => [entry], cipher: new TestCipher() }, path, { credentials });
    return readFileSync(path, 'utf8');
  }

  it.each(['sealed', 'plain', 'omit'] as const)('are imported with the entry (%s)', async (credentials) => {
    const text = await exported(credentials);
    expect(JSON.parse(text)).toMatchObject({ labels: ['country=DE', 'kind=residential', 'note=a=b; c'] });
    const { target, reasons } = await importText(text, 'all.jsonl');
    const without = credentials === 'omit' ? { username: null, password: null } : {};
    expect(revealed(target.one)).toEqual({ ...revealed(entry), ...without });
    expect(reasons).toEqual([]);
  });

  it('are the only thing lost if ProxyWhirl, which ignores them, rewrites the record', async () => {
    const record = JSON.parse(await exported('sealed')) as Record<string, unknown>;
    const theirs = Object.fromEntries(
      [...RECORD_MEMBERS, 'username_encrypted', 'password_encrypted'].map((name) => [name, record[name]]),
    );
    const { target } = await importRows([theirs]);
    expect(revealed(target.one)).toEqual(revealed(entry.with({ labels: {} })));
  });

  it('are left out if they are invalid, and the record is loaded', async () => {
    const record = JSON.parse(await exported('sealed')) as Record<string, unknown>;
    const { target, reasons } = await importRows([{ ...record, labels: ['kind=isp', 'x'] }]);
    expect(revealed(target.one)).toEqual({ ...revealed(entry), labels: { kind: 'isp' } });
    expect(reasons).toHaveLength(1);
  });
});
