import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir, turnsDuring } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WarmResult, warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget } from '../../support/import-target.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const fill = (unit: string, bytes: number): string => unit.repeat(Math.max(1, Math.floor(bytes / unit.length)));

/** Hostile files of about the given size, by name. */
const HOSTILE: Record<string, (bytes: number) => string> = {
  'comments.txt': (bytes) => `${fill(' #', bytes)}\u2028`,
  'open comments.txt': (bytes) => fill(`${' #'.repeat(30 * KIB)}\u2028\n`, bytes),
  'words.txt': (bytes) => fill('x\n', bytes),
  'blank lines.txt': (bytes) => fill('\n', bytes),
  'colons.txt': (bytes) => fill(`${':'.repeat(16_000)}\n`, bytes),
  'groups.txt': (bytes) => fill(`${'a:'.repeat(31)}\n`, bytes),
  'escapes.txt': (bytes) => fill(`${'%41'.repeat(5000)}@a.b:\n`, bytes),
  'symbols.txt': (bytes) => fill(`a:1${'\u2705'.repeat(5000)}\n`, bytes),
  'many on a line.txt': (bytes) => fill('10.0.0.1:80,', bytes),
  'quoted words.txt': (bytes) => fill('"1 ', bytes),
  'schemes.txt': (bytes) => fill('SOCKS ', bytes),
  'dots.txt': (bytes) => fill(`1${'.'.repeat(8000)} 1${'@.:1'.repeat(2000)}\n`, bytes),
  'places.txt': (bytes) => fill(`a.b:1:${'a.b@'.repeat(4000)}:1\n`, bytes),
  'open brackets.txt': (bytes) => fill(`${'[http://'.repeat(2000)}:1:a:b]\n`, bytes),
  'commands.txt': (bytes) => fill(`curl ${'-x --a='.repeat(2000)}\n`, bytes),
  'latin.txt': (bytes) => fill('\u00e9', bytes),
  'mappings.txt': (bytes) => fill('a:\n- b: c\n', bytes),
  'one line.txt': (bytes) => fill('x', bytes),
  'open.csv': (bytes) => `proxy_url,source\n${fill(`"${'a'.repeat(1000)}\n`, bytes)}`,
  'open and closed.csv': (bytes) => `proxy_url,source\n${fill('a","b\n', bytes)}`,
  'open, closed, long.csv': (bytes) => `proxy_url,source\n${fill(`a","${'b'.repeat(9000)}\n`, bytes)}`,
  'misplaced after many lines.csv': (bytes) => `proxy_url,source\n${fill(`${'a","\n'.repeat(98)}"x\n`, bytes)}`,
  'quotes.csv': (bytes) => `proxy_url,source\n${fill(`${fill('"a"b', 120 * KIB)}\n`, bytes)}`,
  'spaced quotes.csv': (bytes) => `proxy_url,source\n${fill(`${fill('" "', 120 * KIB)}\n`, bytes)}`,
  'cells.csv': (bytes) => `proxy_url,source\n${fill(`${fill(',', 120 * KIB)}\n`, bytes)}`,
  'named like passwords.csv': (bytes) => `proxy_url,source\n${fill(`a:1,${'password=( '.repeat(1400)})x\n`, bytes)}`,
  'no JSON.jsonl': (bytes) => fill('{x}\n', bytes),
  'no rows.jsonl': (bytes) => fill('0\n', bytes),
  'deep.jsonl': (bytes) => fill(`${'['.repeat(120 * KIB)}\n`, bytes),
  'deep enough.jsonl': (bytes) => fill(`${'['.repeat(999)}${']'.repeat(999)}\n`, bytes),
  'lists.jsonl': (bytes) => fill(`[${fill('[],', 120 * KIB)}0]\n`, bytes),
  'shapes.jsonl': (bytes) => fill(`[${Array.from({ length: 4900 }, (_, i) => `{"k${i}":1}`).join()}]\n`, bytes),
  'deep.json': (bytes) => '['.repeat(bytes),
  'deep row.json': (bytes) => `[${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}]`,
  'deep members.json': (bytes) => fill('{"a":', bytes),
  'open text.json': (bytes) => `["${'a'.repeat(bytes)}`,
  'space.json': (bytes) => `[0${' '.repeat(bytes)}]`,
  'members.json': (bytes) => `{${fill('"a":1,', bytes)}"b":1}`,
  'shapes.json': (bytes) => `[${Array.from({ length: bytes / 12 }, (_, i) => `{"k${i}":1}`).join()}]`,
  'empty rows.json': (bytes) => `[${fill('{},', bytes)}0]`,
};

const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const WELL_FORMED: Record<string, (bytes: number) => string> = {
  txt: (bytes) => fill('10.0.0.1:8080\n', bytes),
  csv: (bytes) => `proxy_url,source\n${fill('http://10.0.0.1:8080,api\n', bytes)}`,
  jsonl: (bytes) => fill('{"proxy_url":"http://10.0.0.1:8080"}\n', bytes),
  json: (bytes) => `[${fill('{"proxy_url":"http://10.0.0.1:8080"},', bytes)}{}]`,
};

/** Processor time of importing a file, in milliseconds. */
async function costOf(path: string): Promise<number> {
  const before = process.cpuUsage();
  await warmFromFile(new MapTarget(), path);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function fileOf(name: string, text: string): string {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, text);
  return path;
}

async function importText(name: string, text: string): Promise<{ result: WarmResult; target: MapTarget }> {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, text);
  const target = new MapTarget();
  return { result: await warmFromFile(target, path), target };
}

describe('a hostile file', () => {
  /** Cost of a well-formed file of each type: measured once, and again when a hostile file seems to cost too much. */
  const leastWellFormed = new Map<string, number>();

  // With quadratic time, eight times the size would take sixty-four times as long. The benchmark `hostile-imports`
  // measures the cost relative to a well-formed file; this test leaves room for a busy machine, and uses the best of
  // several tries.
  it.each(Object.keys(HOSTILE))('takes time in proportion to its size: %s', async (name) => {
    const type = name.split('.').at(-1)!;
    const files = {
      small: fileOf(name, HOSTILE[name]!(64 * KIB)),
      large: fileOf(name, HOSTILE[name]!(512 * KIB)),
      wellFormed: fileOf(`list.${type}`, WELL_FORMED[type]!(512 * KIB)),
    };
    const least = {
      small: Number.POSITIVE_INFINITY,
      large: Number.POSITIVE_INFINITY,
      wellFormed: leastWellFormed.get(type) ?? Number.POSITIVE_INFINITY,
    };
    const isTooMuch = () => least.large > 30 * least.small + least.wellFormed || least.large > 25 * least.wellFormed;
    for (let tries = 0; tries < 1 || (tries < 12 && isTooMuch()); tries++)
      for (const size of ['small', 'large', 'wellFormed'] as const)
        if (tries > 0 || least[size] === Number.POSITIVE_INFINITY)
          least[size] = Math.min(least[size], await costOf(files[size]));
    leastWellFormed.set(type, least.wellFormed);
    expect(least.large).toBeLessThanOrEqual(30 * least.small + least.wellFormed);
    expect(least.large).toBeLessThanOrEqual(25 * least.wellFormed);
  });

  it.each(['words.txt', 'open and closed.csv', 'no rows.jsonl', 'empty rows.json', 'shapes.json', 'space.json'])(
    'yields many turns of the event loop to other work: %s',
    async (name) => {
      const path = join(makeTempDir(onTestFinished), name);
      writeFileSync(path, HOSTILE[name]!(MIB));
      const started = process.cpuUsage();
      const turns = await turnsDuring(() => warmFromFile(new MapTarget(), path));
      const { user } = process.cpuUsage(started);
      // At least one turn per 100 ms of work, five times the goal of 20 ms.
      expect(turns).toBeGreaterThan(user / 1000 / 100);
    },
    60_000,
  );
});

describe('a piece of a file that exceeds a limit', () => {
  const GOOD = 'http://good.example:1';
  const json = JSON.stringify({ proxy_url: GOOD });
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const many = (count: number) => `[${'0,'.repeat(count - 2)}0]`;

  it.each([
    ['list.txt', `${'a'.repeat(MIB + 1)}\n${GOOD}\n`, 1, 'is longer than 1 MiB, the limit for a line'],
    ['list.txt', `http://u:${'p'.repeat(16_384)}@h:1\n${GOOD}\n`, 1, /longer than 16,384 characters/],
    ['list.csv', `proxy_url,x\n${','.repeat(1000)}\n${GOOD}\n`, 2, /more than 1,000 columns/],
    ['list.csv', `proxy_url\n"${'\n'.repeat(120)}\n${GOOD}\n`, 2, /not closed within 100 lines/],
    ['list.csv', `proxy_url,x\n"${`,${'x'.repeat(300_000)}\n`.repeat(4)}${GOOD}\n`, 2, /not closed within 1 MiB/],
    ['list.csv', `proxy_url\n"x"y,z\n${GOOD}\n`, 2, /^has a misplaced quote/],
    ['list.csv', `proxy_url\n"x\ny"z\n${GOOD}\n`, 2, /misplaced one in a later line/],
    ['list.jsonl', `{"x":${deep(1000)}}\n${json}\n`, 1, /deeper than 1,000 levels/],
    ['list.jsonl', `{"x":${many(10_001)}}\n${json}\n`, 1, /more than 10,000 members and items/],
    ['list.jsonl', `{"ip":"a","port":1,"password":"${'p'.repeat(16_385)}"}\n${json}\n`, 1, /^password is longer/],
    ['list.json', `[{"x":${deep(1000)}},${json}]`, 1, /deeper than 1,000 levels/],
    ['list.json', `{"proxies":[${many(10_002)}, ${json} ]}`, 1, /more than 10,000 members and items/],
    ['list.json', `[{"x":"${'x'.repeat(MIB)}"},${json}]`, 1, 'is longer than 1 MiB, the limit for a row'],
  ])('is refused alone, with its line and the limit: %s %#', async (name, text, line, reason) => {
    const { result, target } = await importText(name, text);
    expect(target.urls).toContain(GOOD);
    expect(result.failed).toBe(1);
    const expected = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    expect(result.problems).toContainEqual({ line, reason: expected });
  });

  it.each([
    ['list.jsonl', `{"proxy_url":"${GOOD}","x":${deep(999)}}`],
    ['list.jsonl', `{"proxy_url":"${GOOD}","x":${many(9000)}}`],
    ['list.json', `[{"proxy_url":"${GOOD}","x":${deep(999)}}]`],
    ['list.csv', `proxy_url,x\n${GOOD},"${'\n'.repeat(99)}"`],
    ['list.csv', `proxy_url${',x'.repeat(999)}\n${GOOD}`],
  ])('is not refused if it is exactly at the limit: %s %#', async (name, text) => {
    const { result, target } = await importText(name, text);
    expect(result).toMatchObject({ loaded: 1, failed: 0 });
    expect(target.urls).toEqual([GOOD]);
  });

  it('fails the whole file if it is the CSV header', async () => {
    const { result } = await importText('list.csv', `${'proxy_url,'.repeat(1001)}\n${GOOD}\n`);
    expect(result).toMatchObject({ loaded: 0, failed: 1, problemCount: 1 });
    expect(result.problems[0]?.reason).toMatch(/is the header, and has more than 1,000 columns/);
  });
});

describe('a JSON document', () => {
  it.each([
    '[{"ip":"a","port":1},]',
    '[{"ip":"a","port":1}',
    '[{"ip":"a","port":1}] x',
    '[{"ip":"a","port":1} {}]',
    '{"proxies":[{"ip":"a","port":1}],"x":}',
    '{"proxies":[{"ip":"a","port":1}],"x":nope}',
    '{"proxies":[{"ip":"a","port":1}],}',
    '{"proxies":[{"ip":"a","port":1}] "x":1}',
    '[{"ip":"a","port":1},[}]',
    '[{"ip":"a","port":1}],[2]',
    '',
  ])('loads nothing if it is invalid anywhere: %s', async (text) => {
    const { result } = await importText('list.json', text);
    expect(result).toMatchObject({
      loaded: 0,
      failed: 1,
      problems: [{ line: 0, reason: 'the file is not valid JSON' }],
    });
  });

  it.each([
    ' [ {"ip":"a","port":1} , {"ip":"b","port":1} ] ',
    '{"a":"]}\\"","proxies":[{"ip":"a","port":1},{"ip":"b","port":1}],"b":[{"c":1}]}',
    '{"proxies":[{"ip":"x","port":1}],"prox\\u0069es":[{"ip":"a","port":1},{"ip":"b","port":1}]}',
  ])('yields its rows: %s', async (text) => {
    const { result, target } = await importText('list.json', text);
    expect(target.urls).toEqual(['http://a:1', 'http://b:1']);
    expect(result.problemCount).toBe(0);
  });

  it('reports the positions of its rows, even if it is large', async () => {
    const rows = Array.from({ length: 24_000 }, (_, i) => (i % 300 === 299 ? {} : { ip: '10.0.0.1', port: 1, x: TEN }));
    const text = JSON.stringify(rows);
    expect(text.length).toBeGreaterThan(MIB);
    const { result } = await importText('list.json', text);
    expect(result).toMatchObject({ loaded: 23_920, skipped: 80, failed: 0 });
    expect(result.problems.map(({ line }) => line)).toEqual(Array.from({ length: 80 }, (_, i) => (i + 1) * 300));
  });
});
