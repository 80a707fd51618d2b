import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { workspace } from '../support/workspace.ts';

const ROWS = [
  { ip: '198.51.100.1', port: 80, country_code: 'US', kind: 'mobile' },
  { ip: '198.51.100.2', port: 80, country_code: 'DE', kind: 'mobile' },
  { ip: '198.51.100.3', port: 80, country_code: 'CA', kind: 'isp' },
  { ip: '198.51.100.4', port: 80 },
]
  .map((row) => JSON.stringify(row))
  .join('\n');

async function imported(...options: string[]) {
  const { cli, path } = workspace({ 'rows.jsonl': ROWS });
  expect(await cli(['import', path('rows.jsonl'), ...options])).toMatchObject({ code: 0, err: '' });
  /** The last numbers of the listed addresses. */
  const listed = async (...argv: string[]) => {
    const { entries } = JSON.parse((await cli(['list', '--json', ...argv])).out) as { entries: { proxyUrl: string }[] };
    return entries.map(({ proxyUrl }) => Number(/(\d+):80$/.exec(proxyUrl)![1])).sort();
  };
  return { cli, path, listed };
}

describe('labels', () => {
  it('come from the rows and from import --label, which takes precedence', async () => {
    const { cli } = await imported('--label', 'kind=residential', '--label', 'note=a=b');
    const { entries } = JSON.parse((await cli(['list', '--json'])).out) as {
      entries: { proxyUrl: string; labels: object }[];
    };
    const byUrl = new Map(entries.map(({ proxyUrl, labels }) => [proxyUrl, labels]));
    expect(byUrl.get('http://198.51.100.1:80')).toEqual({ country: 'US', kind: 'residential', note: 'a=b' });
    expect(byUrl.get('http://198.51.100.4:80')).toEqual({ kind: 'residential', note: 'a=b' });
  });

  it('filter the list by any of the values given for a name, and by all names', async () => {
    const { listed } = await imported();
    expect(await listed('--label', 'country=US')).toEqual([1]);
    expect(await listed('--label', 'country=US', '--label', 'country=CA')).toEqual([1, 3]);
    expect(await listed('--label', 'country=US', '--label', 'country=CA', '--label', 'kind=isp')).toEqual([3]);
    expect(await listed('--label', 'constructor=x')).toEqual([]);
    expect(await listed('--label', 'country=us')).toEqual([]);
    expect(await listed('--label', 'kind=mobile', '--limit', '1')).toHaveLength(1);
  });

  it('are shown by get, escaped for a terminal, if there are any', async () => {
    const { cli } = await imported('--label', 'note=a\u202eb');
    const { out } = await cli(['get', '198.51.100.1:80']);
    expect(out).toMatch(/^Labels {7}country=US, kind=mobile, note=a\\u202eb$/m);
    expect(JSON.parse((await cli(['get', '198.51.100.1:80', '--json'])).out)).toMatchObject({
      entry: { labels: { country: 'US', kind: 'mobile' } },
    });
    const other = await imported();
    expect((await other.cli(['get', '198.51.100.4:80'])).out).not.toContain('Labels');
  });

  it('survive an export and an import into another cache', async () => {
    const { cli, path } = await imported();
    expect((await cli(['export', path('all.jsonl')])).code).toBe(0);
    expect(readFileSync(path('all.jsonl'), 'utf8')).toContain('"labels":["country=US","kind=mobile"]');
    const copy = ['--dir', path('copy')];
    expect((await cli([...copy, 'import', path('all.jsonl'), '--label', 'kind=isp'])).code).toBe(0);
    const shown = JSON.parse((await cli([...copy, 'list', '--json', '--label', 'country=US'])).out);
    expect(shown).toMatchObject({ count: 1, entries: [{ labels: { country: 'US', kind: 'isp' } }] });
  });

  it('show no credentials', async () => {
    const { cli } = await imported('--label', 'note=http://joe:hunter2@gate.example');
    const { out } = await cli(['list', '--json', '--label', 'note=http://joe:hunter2@gate.example']);
    expect(out).not.toContain('hunter2');
    expect(JSON.parse(out).count).toBe(4);
  });

  it.each([
    [['import', 'x', '--label', 'residential'], 'name=value', 'pw-cache import'],
    [['import', 'x', '--label', '1st=a'], "'1st=a'", 'pw-cache import'],
    [['import', 'x', '--label', 'kind='], 'label "kind"', 'pw-cache import'],
    [['import', 'x', '--label', 'kind=a\nb'], 'label "kind"', 'pw-cache import'],
    [['import', 'x', '--label', `kind=${'x'.repeat(257)}`], 'label "kind"', 'pw-cache import'],
    [['import', 'x', '--label', 'kind=a', '--label', 'kind=b'], 'label "kind" is already given', 'pw-cache import'],
    [
      ['import', 'x', ...Array.from({ length: 33 }, (_, i) => ['--label', `n${i}=x`]).flat()],
      'At most 32',
      'pw-cache import',
    ],
    [['list', '--label', 'country'], 'name=value', 'pw-cache list'],
    [['list', '--label', 'a b=c'], "'a b=c'", 'pw-cache list'],
  ])('that are invalid are a usage error that names them: %j', async (argv, message, helpOf) => {
    const { code, out, err } = await workspace().cli(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^pw-cache: .*\n$/);
    expect(err).toContain(message);
    expect(err).toContain(`(see ${helpOf} --help)`);
  });

  it.each(['import', 'list'])('are in the help of %s', async (command) => {
    expect((await workspace().cli([command, '--help'])).out).toContain('--label <name=value>');
  });
});
