import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

const CSV =
  'ip,port,username,password,country,isp\n198.51.100.1,80,ann,hunter2,DE,Acme\n198.51.100.2,81,,,,\n999.1.1.1,80,,,,\n';

describe('import --dry-run', () => {
  it('shows how the first rows are parsed, and the counts, and creates nothing', async () => {
    const { cli, dir, path } = workspace({ 'list.csv': CSV });
    const before = readdirSync(path('.'));
    const { code, out, err } = await cli(['import', '--dry-run', path('list.csv'), '--label', 'kind=mobile']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines.slice(1, 4)).toEqual([
      ['URL', 'USERNAME', 'PASSWORD', 'LABELS'],
      ['http://198.51.100.1:80', '**********', '**********', 'country=DE, kind=mobile, provider=Acme'],
      ['http://198.51.100.2:81', '-', '-', 'kind=mobile'],
    ]);
    expect(lines[0]).toEqual([expect.stringMatching(/list\.csv: 2 would be loaded/)]);
    expect(lines[4]).toEqual([expect.stringMatching(/^2 rows would be imported.*; nothing was stored$/)]);
    expect(err).toMatch(/list\.csv:4: /);
    expect(code).toBe(1);
    expect(out + err).not.toMatch(/ann|hunter2/);
    expect(existsSync(dir)).toBe(false);
    expect(readdirSync(path('.'))).toEqual(before);
  });

  it('shows at most ten entries per file, but counts all', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `198.51.100.${i}:80\n`).join('');
    const { cli } = workspace();
    const { code, out } = await cli(['import', '--dry-run', '-', '--json'], undefined, rows);
    const { files, ...totals } = JSON.parse(out);
    expect(totals).toEqual({ dryRun: true, loaded: 30, skipped: 0, failed: 0 });
    expect(files).toMatchObject([{ file: '-', loaded: 30, problems: [], problemCount: 0 }]);
    expect(files[0].entries.length).toBe(10);
    expect(files[0].entries[0].proxyUrl).toBe('http://198.51.100.0:80');
    expect(code).toBe(0);
  });

  it('does not change an existing cache', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    await cli(['import', '--dry-run', '-'], undefined, '198.51.100.77:80');
    expect(JSON.parse((await cli(['stats', '--json'])).out).entries).toBe(4);
  });

  it('shows rows with credentials when there is no key, and warns that they would not be imported', async () => {
    const { cli } = workspace();
    const { code, out, err } = await cli(['import', '--dry-run', '-'], {}, LIST);
    expect(code).toBe(1);
    expect(out.match(/\*{10}/g)).toHaveLength(4);
    expect(err).toMatch(/2 rows with credentials would not be imported, because there is no encryption key: set/);
    expect(out + err).not.toMatch(/ann|bob|hunter2|swordfish/);
  });

  it('reads credentials that an export has encrypted', async () => {
    const { cli } = workspace();
    await cli(['import', '-'], undefined, LIST);
    const { out: exported } = await cli(['export', '-']);
    const { code, out } = await cli(['import', '--dry-run', '-'], undefined, exported);
    expect(out.match(/\*{10}/g)?.length).toBe(4);
    expect(code).toBe(0);
  });

  it('exits with 1 if no row is a proxy', async () => {
    const { code, out } = await workspace().cli(['import', '--dry-run', '-'], undefined, 'nothing to see here\n');
    expect(out).toContain('0 rows would be imported');
    expect(code).toBe(1);
  });
});
