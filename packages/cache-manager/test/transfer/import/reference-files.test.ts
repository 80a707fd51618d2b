import { generateCacheKey } from '@pw/cache-models';
import { fixturePath, readFixtureJson } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget } from '../../support/import-target.ts';

interface Counts {
  readonly loaded: number;
  readonly skipped: number;
  readonly failed: number;
}
interface ExpectedRow {
  readonly proxy_url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly source: string;
  readonly ttl_seconds: number;
}
const expected = readFixtureJson<{ files: Record<string, { returned: Counts; entries: Record<string, ExpectedRow> }> }>(
  'warm.expected.json',
);

/** Where ProxyWhirl gives up, or does not know the format, and an import must not: what ours gives instead. */
const BETTER: Record<string, Counts> = {
  // One bad item ended the whole file.
  'abort_mid.json': { loaded: 3, skipped: 0, failed: 1 },
  'abort_mid.jsonl': { loaded: 2, skipped: 1, failed: 1 },
  'abort_null.jsonl': { loaded: 2, skipped: 0, failed: 1 },
  'abort_string.json': { loaded: 2, skipped: 1, failed: 0 },
  'bad_utf8.jsonl': { loaded: 2, skipped: 0, failed: 1 },
  // A byte order mark, other delimiters and header cases are ordinary.
  'bom.csv': { loaded: 1, skipped: 0, failed: 0 },
  'bom.json': { loaded: 1, skipped: 0, failed: 0 },
  'bom.jsonl': { loaded: 2, skipped: 0, failed: 0 },
  // So is Latin-1.
  'latin1.csv': { loaded: 1, skipped: 0, failed: 0 },
  'headers_upper.csv': { loaded: 1, skipped: 0, failed: 0 },
  'semicolon.csv': { loaded: 1, skipped: 0, failed: 0 },
  // A blank URL is none; a cell behind the last column may be the end of a password with a comma in it.
  'warm.csv': { loaded: 64, skipped: 2, failed: 1 },
  // The member `url` is read, and so is a text; credentials that cannot be read are not left out of a proxy.
  'warm.json': { loaded: 74, skipped: 8, failed: 1 },
  'warm.jsonl': { loaded: 75, skipped: 8, failed: 5 },
  'warm.jsonl ttl_override=120': { loaded: 75, skipped: 8, failed: 5 },
  // A first row that is data is data, and one object is a row.
  'no_header.csv': { loaded: 1, skipped: 0, failed: 1 },
  'object.json': { loaded: 1, skipped: 0, failed: 0 },
  // Plain lists are a format of ours.
  'list.txt': { loaded: 1, skipped: 0, failed: 0 },
  noext: { loaded: 1, skipped: 0, failed: 0 },
  // A negative TTL is a wrong argument.
  'UPPER.JSONL ttl_override=-1': { loaded: 0, skipped: 0, failed: 0 },
};

const plain = Object.keys(expected.files).filter((name) => !(name in BETTER));

describe('the warm files that were imported with ProxyWhirl', () => {
  it.each(plain)('%s: the same counts', async (name) => {
    const [file, ttl] = name.split(' ttl_override=');
    const options = ttl === undefined ? {} : { ttlOverride: Number(ttl) };
    const { loaded, skipped, failed } = await warmFromFile(new MapTarget(), fixturePath(`warm/${file}`), options);
    expect({ loaded, skipped, failed }).toEqual(expected.files[name]!.returned);
  });

  it.each(Object.keys(BETTER).filter((name) => !name.includes('ttl_override')))('%s: a better answer', async (name) => {
    const result = await warmFromFile(new MapTarget(), fixturePath(`warm/${name}`));
    expect(result).toMatchObject(BETTER[name]!);
  });

  it('refuses a negative TTL, which made ProxyWhirl skip every row', async () => {
    const run = warmFromFile(new MapTarget(), fixturePath('warm/UPPER.JSONL'), { ttlOverride: -1 });
    await expect(run).rejects.toThrow('ttlOverride');
  });

  it.each(['warm.json', 'warm.jsonl', 'warm.csv'])('%s: the same entries', async (name) => {
    const target = new MapTarget();
    await warmFromFile(target, fixturePath(`warm/${name}`));
    const { entries } = expected.files[name]!;
    const isCsv = name.endsWith('.csv');
    const ours = Object.values(entries).filter((row) => !isRefused(row, isCsv));
    expect(ours.filter((row) => !isAsExpected(target, isCsv ? trimmed(row) : row))).toEqual([]);
    expect(target.urls.filter((url) => !ours.some(({ proxy_url: theirs }) => isSameUrl(url, theirs)))).toEqual(
      MORE[name] ?? [],
    );
  });
});

/** What ProxyWhirl passed over. */
const MORE: Record<string, readonly string[]> = {
  'warm.json': ['http://nokey:1', 'http://just-a-string:80'],
  'warm.jsonl': ['http://just-a-string:80', 'http://nokey:1'],
};

/** A blank URL, credentials that are no text, and more cells than columns. */
function isRefused({ proxy_url: url, username }: ExpectedRow, isCsv: boolean): boolean {
  return url.trim() === '' || username === "{'a': 1}" || (isCsv && url === 'http://long.example:1');
}

/** Blanks around a cell are none of it. */
function trimmed(row: ExpectedRow): ExpectedRow {
  return { ...row, username: row.username?.trim() || null, password: row.password?.trim() || null };
}

function isSameUrl(ours: string, theirs: string): boolean {
  return ours === theirs || ours === theirs.toLowerCase();
}

/** The entry of a row, under the key that we give it, holds what ProxyWhirl's held. */
function isAsExpected(target: MapTarget, row: ExpectedRow): boolean {
  const { username } = row;
  // A number is its digits, also where it is 0.
  const isZero = row.proxy_url === 'http://num-user:1';
  const password = row.password === '**********' ? null : isZero ? '0' : row.password;
  const url = row.proxy_url.startsWith('HTTP:') ? row.proxy_url.toLowerCase() : row.proxy_url;
  // A key of the row's own choosing may be that of any other proxy: it is not believed.
  const entry = target.map.get(generateCacheKey(url, { username }));
  return (
    entry?.proxyUrl === url &&
    (entry.username?.reveal() ?? null) === username &&
    (entry.password?.reveal() ?? null) === password &&
    // Python made the text "None" of a source that is not there.
    entry.source === (row.source === 'None' ? 'warmed' : row.source) &&
    entry.ttlSeconds === row.ttl_seconds
  );
}
