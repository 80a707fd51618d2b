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

/** Files that ProxyWhirl does not import completely, with the counts that our import returns. */
const MORE_COMPLETE: Record<string, Counts> = {
  // One bad item ends the whole file in ProxyWhirl.
  'abort_mid.json': { loaded: 3, skipped: 0, failed: 1 },
  'abort_mid.jsonl': { loaded: 2, skipped: 1, failed: 1 },
  'abort_null.jsonl': { loaded: 2, skipped: 0, failed: 1 },
  'abort_string.json': { loaded: 2, skipped: 1, failed: 0 },
  'bad_utf8.jsonl': { loaded: 2, skipped: 0, failed: 1 },
  // We accept byte order marks, other delimiters, and headers in any case.
  'bom.csv': { loaded: 1, skipped: 0, failed: 0 },
  'bom.json': { loaded: 1, skipped: 0, failed: 0 },
  'bom.jsonl': { loaded: 2, skipped: 0, failed: 0 },
  // We accept Latin-1.
  'latin1.csv': { loaded: 1, skipped: 0, failed: 0 },
  'headers_upper.csv': { loaded: 1, skipped: 0, failed: 0 },
  'semicolon.csv': { loaded: 1, skipped: 0, failed: 0 },
  // A blank URL is not a proxy. An extra cell may be the end of a password that contains a comma.
  'warm.csv': { loaded: 64, skipped: 2, failed: 1 },
  // We read the member `url`, and rows that are strings. Unreadable credentials fail the row instead of being left out.
  'warm.json': { loaded: 74, skipped: 8, failed: 1 },
  'warm.jsonl': { loaded: 75, skipped: 8, failed: 5 },
  'warm.jsonl ttl_override=120': { loaded: 75, skipped: 8, failed: 5 },
  // We accept a table without a header, and a single object.
  'no_header.csv': { loaded: 1, skipped: 0, failed: 1 },
  'object.json': { loaded: 1, skipped: 0, failed: 0 },
  // Only we read plain lists.
  'list.txt': { loaded: 1, skipped: 0, failed: 0 },
  noext: { loaded: 1, skipped: 0, failed: 0 },
  // A negative TTL is an invalid argument.
  'UPPER.JSONL ttl_override=-1': { loaded: 0, skipped: 0, failed: 0 },
};

const plain = Object.keys(expected.files).filter((name) => !(name in MORE_COMPLETE));

describe('a file that was also imported with ProxyWhirl', () => {
  it.each(plain)('returns the same counts: %s', async (name) => {
    const [file, ttl] = name.split(' ttl_override=');
    const options = ttl === undefined ? {} : { ttlOverride: Number(ttl) };
    const { loaded, skipped, failed } = await warmFromFile(new MapTarget(), fixturePath(`warm/${file}`), options);
    expect({ loaded, skipped, failed }).toEqual(expected.files[name]!.returned);
  });

  it.each(Object.keys(MORE_COMPLETE).filter((name) => !name.includes('ttl_override')))(
    'is imported more completely: %s',
    async (name) => {
      const result = await warmFromFile(new MapTarget(), fixturePath(`warm/${name}`));
      expect(result).toMatchObject(MORE_COMPLETE[name]!);
    },
  );

  it('is refused with a negative TTL, for which ProxyWhirl skips every row', async () => {
    const run = warmFromFile(new MapTarget(), fixturePath('warm/UPPER.JSONL'), { ttlOverride: -1 });
    await expect(run).rejects.toThrow('ttlOverride');
  });

  it.each(['warm.json', 'warm.jsonl', 'warm.csv'])('yields the same entries: %s', async (name) => {
    const target = new MapTarget();
    await warmFromFile(target, fixturePath(`warm/${name}`));
    const { entries } = expected.files[name]!;
    const isCsv = name.endsWith('.csv');
    const ours = Object.values(entries).filter((row) => !isRefused(row, isCsv));
    expect(ours.filter((row) => !isAsExpected(target, isCsv ? trimmed(row) : row))).toEqual([]);
    expect(target.urls.filter((url) => !ours.some(({ proxy_url: theirs }) => isSameUrl(url, theirs)))).toEqual(
      ONLY_OURS[name] ?? [],
    );
  });
});

/** The proxies that ProxyWhirl skips. */
const ONLY_OURS: Record<string, readonly string[]> = {
  'warm.json': ['http://nokey:1', 'http://just-a-string:80'],
  'warm.jsonl': ['http://just-a-string:80', 'http://nokey:1'],
};

/** True for a row with a blank URL, with credentials that are not a string, or with more cells than columns. */
function isRefused({ proxy_url: url, username }: ExpectedRow, isCsv: boolean): boolean {
  return url.trim() === '' || username === "{'a': 1}" || (isCsv && url === 'http://long.example:1');
}

/** The row without blanks around its cells. */
function trimmed(row: ExpectedRow): ExpectedRow {
  return { ...row, username: row.username?.trim() || null, password: row.password?.trim() || null };
}

function isSameUrl(ours: string, theirs: string): boolean {
  return ours === theirs || ours === theirs.toLowerCase();
}

/** True if our entry of a row, under our key, has the same content as ProxyWhirl's. */
function isAsExpected(target: MapTarget, row: ExpectedRow): boolean {
  const { username } = row;
  // A number becomes its digits, even if it is 0.
  const isZero = row.proxy_url === 'http://num-user:1';
  const password = row.password === '**********' ? null : isZero ? '0' : row.password;
  const url = row.proxy_url.startsWith('HTTP:') ? row.proxy_url.toLowerCase() : row.proxy_url;
  // The key in a row is not trusted: it may be that of any other proxy.
  const entry = target.map.get(generateCacheKey(url, { username }));
  return (
    entry?.proxyUrl === url &&
    (entry.username?.reveal() ?? null) === username &&
    (entry.password?.reveal() ?? null) === password &&
    // ProxyWhirl writes a missing source as "None".
    entry.source === (row.source === 'None' ? 'warmed' : row.source) &&
    entry.ttlSeconds === row.ttl_seconds
  );
}
