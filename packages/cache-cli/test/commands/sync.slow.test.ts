import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { workspace } from '../support/workspace.ts';

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `198.51.100.${from + i}:80\n`).join('');

async function synced(backend = 'jsonl') {
  const space = workspace({ 'a.txt': rows(0, 10), 'b.txt': rows(50, 53) });
  await space.cli(['--backend', backend, 'import', space.path('a.txt'), '--source', 'a']);
  await space.cli(['import', space.path('b.txt'), '--source', 'b']);
  const urlsOf = async (source: string): Promise<string[]> =>
    JSON.parse((await space.cli(['list', '--json', '--source', source])).out)
      .entries.map(({ proxyUrl }: { proxyUrl: string }) => proxyUrl.slice('http://'.length))
      .sort();
  return { ...space, urlsOf };
}
const sorted = (text: string) => text.trimEnd().split('\n').sort();

describe('sync', () => {
  it.each(['jsonl', 'sqlite'])('makes the proxies of a source match the file, with l2 in %s', async (backend) => {
    const { cli, path, urlsOf } = await synced(backend);
    writeFileSync(path('a.txt'), rows(3, 12));
    const { code, out, err } = await cli(['sync', 'a', path('a.txt')]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^a: 2 added, 0 updated, 7 kept, 3 removed in /);
    expect(await urlsOf('a')).toEqual(sorted(rows(3, 12)));
    expect(await urlsOf('b')).toHaveLength(3);
    const levels = JSON.parse((await cli(['stats', '--json'])).out).tiers;
    expect(levels.map(({ entries }: { entries: number }) => entries)).toEqual([0, 12, 12]);
  });

  it('reads stdin and prints one document', async () => {
    const { cli } = await synced();
    const { code, out } = await cli(['sync', 'a', '-', '--json'], undefined, rows(1, 10));
    expect(JSON.parse(out)).toEqual({
      source: 'a',
      file: '-',
      added: 0,
      updated: 0,
      kept: 9,
      adopted: 0,
      removed: 1,
      skipped: 0,
      failed: 0,
      problems: [],
      problemCount: 0,
      refused: null,
      elapsedMs: expect.any(Number),
    });
    expect(code).toBe(0);
  });

  it('applies labels and a time to live, as import does', async () => {
    const { cli } = await synced();
    await cli(['sync', 'a', '-', '--ttl', '2h', '--label', 'kind=mobile'], undefined, rows(0, 10));
    const { entries } = JSON.parse((await cli(['list', '--json', '--label', 'kind=mobile'])).out);
    expect(entries.map(({ ttlSeconds }: { ttlSeconds: number }) => ttlSeconds)).toEqual(Array(10).fill(7200));
  });

  it.each([
    ['is empty', '', /nothing was removed: the list is empty; .*run the command again with --force\n$/],
    [
      'lacks more than half',
      rows(0, 4),
      /nothing was removed: 6 of the 10 entries .*run the command again with --force\n$/,
    ],
    [
      'has a row that failed',
      `${rows(0, 9)}http://999.0.0.1:80\n`,
      /nothing was removed: a row of the list failed; .*--force\n$/,
    ],
  ])('removes nothing if the list %s, reports why and exits with 1, unless forced', async (_what, list, message) => {
    const { cli, urlsOf } = await synced();
    const { code, err } = await cli(['sync', 'a', '-'], undefined, list);
    expect(err).toMatch(message);
    expect(code).toBe(1);
    expect(await urlsOf('a')).toEqual(sorted(rows(0, 10)));
    const json = JSON.parse((await cli(['sync', 'a', '-', '--json'], undefined, list)).out);
    expect(json).toMatchObject({ removed: 0, refused: { canForce: true } });
    const forced = await cli(['sync', 'a', '-', '--force'], undefined, list);
    expect(forced.err).not.toContain('nothing was removed');
    expect(await urlsOf('a')).toEqual(list === '' ? [] : sorted(list.replace(/http.*\n/, '')));
  });

  it('does not suggest --force if the list cannot be read', async () => {
    const { cli, path, urlsOf } = await synced();
    const { code, err } = await cli(['sync', 'a', path('none.txt'), '--force']);
    expect(code).toBe(1);
    expect(err).toMatch(/none\.txt: the file cannot be read: no such file or directory \(ENOENT\)\n/);
    expect(err).not.toContain('again with --force');
    expect(await urlsOf('a')).toHaveLength(10);
  });

  it('without a key stores no row with credentials, removes nothing, and names the variable to set', async () => {
    const { cli, urlsOf } = await synced();
    const { code, err } = await cli(['sync', 'a', '-'], {}, `${rows(0, 9)}ann:hunter2@gate.example:9000\n`);
    expect(err).toMatch(/no encryption key: set PROXYWHIRL/);
    expect(code).toBe(1);
    expect(err).not.toContain('hunter2');
    expect(await urlsOf('a')).toHaveLength(10);
  });

  it('refuses an empty source name', async () => {
    const { code, err } = await workspace().cli(['sync', '', '-'], undefined, '');
    expect(err).toMatch(/It must not be empty.*see pw-cache sync --help/);
    expect(code).toBe(2);
  });
});
