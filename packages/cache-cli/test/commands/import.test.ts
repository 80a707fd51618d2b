import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

const CASES = join(import.meta.dirname, 'import-cases');

/** The content of a cache after the import of a file. */
async function importCase(name: string, ...options: string[]) {
  const { cli } = workspace();
  const { code, out, err } = await cli(['import', join(CASES, name), ...options]);
  const { entries } = JSON.parse((await cli(['list', '--json'])).out) as { entries: { proxyUrl: string }[] };
  return { code, said: out + err, urls: entries.map(({ proxyUrl }) => proxyUrl).sort() };
}

describe('import', () => {
  it('refuses an IPv6 address without brackets, with the remedy', async () => {
    const { code, said, urls } = await importCase('ipv6-without-brackets.txt');
    expect({ code, urls }).toEqual({ code: 1, urls: [] });
    expect(said.match(/in brackets, such as \[2001:db8::1\]:8080/g)).toHaveLength(4);
  });

  it('does not import headings or impossible addresses', async () => {
    const { code, said, urls } = await importCase('nonsense-hosts.txt');
    expect({ code, urls }).toEqual({ code: 1, urls: ['http://localhost:8080', 'http://note:1'] });
    expect(said).toContain('2 loaded, 4 skipped, 6 failed');
  });

  it('accepts names without a dot with --bare-names, and checks addresses as strictly as before', async () => {
    const { code, urls } = await importCase('nonsense-hosts.txt', '--bare-names');
    expect(code).toBe(1);
    expect(urls).toEqual(
      ['localhost:8080', 'note:1', 'port:8080', 'proxies:402', 'total:402', 'updated:12'].map(
        (host) => `http://${host}`,
      ),
    );
  });
});

describe('import into an existing cache', () => {
  it('stores one entry per proxy, whatever the keys in the rows, and keeps stored credentials', async () => {
    const { cli, path } = workspace({
      'first.json': '[{"key":1,"proxy_url":"http://198.18.0.1:80","username":"ann","password":"hunter2"}]',
      'second.json': '[{"key":1,"proxy_url":"http://198.18.0.9:80"},{"key":1,"ip":"198.18.0.8","port":80}]',
    });
    expect((await cli(['import', path('first.json')])).code).toBe(0);
    const { code, out, err } = await cli(['import', path('second.json')]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('2 rows imported') });
    expect(err).toContain('second.json:1: key does not match the URL and username');
    const shown = async (url: string) => {
      const { username, password } = JSON.parse((await cli(['get', url, '--reveal', '--json'])).out).entry;
      return [username, password];
    };
    expect(await shown('http://198.18.0.1:80')).toEqual(['ann', 'hunter2']);
    expect(await shown('http://198.18.0.9:80')).toEqual([null, null]);
    expect(await shown('http://198.18.0.8:80')).toEqual([null, null]);
  });
});

describe('get', () => {
  it('finds a proxy by any spelling of its host', async () => {
    const { cli, path } = workspace({ 'list.txt': 'http://[2001:db8::1]:8080\nbücher.example:80\n' });
    expect((await cli(['import', path('list.txt')])).code).toBe(0);
    for (const [name, url] of [
      ['[2001:DB8:0:0::0001]:8080', 'http://[2001:db8::1]:8080'],
      ['http://[2001:db8::1]:8080', 'http://[2001:db8::1]:8080'],
      ['BÜCHER.example:80', 'http://xn--bcher-kva.example:80'],
      ['http://xn--bcher-kva.example.:80', 'http://xn--bcher-kva.example:80'],
    ] as const) {
      const { out } = await cli(['get', name, '--json']);
      expect(JSON.parse(out)).toMatchObject({ entry: { proxyUrl: url } });
    }
  });
});

describe('import without a key', () => {
  it('accepts rows without credentials', async () => {
    const { cli, path } = workspace({ 'list.txt': '198.51.100.1:80\n' });
    expect((await cli(['import', path('list.txt')], {})).code).toBe(0);
  });

  it('refuses rows with credentials, and names the variable to set and the command that prints a key', async () => {
    const { cli, dir, path } = workspace({ 'list.txt': LIST });
    const { code, out, err } = await cli(['import', path('list.txt')], {});
    expect(code).toBe(1);
    expect(out).toContain('2 loaded, 2 failed');
    expect(err.trim().split('\n').at(-1)).toMatch(/PROXYWHIRL_CACHE_ENCRYPTION_KEY.*pw-cache generate-key/);
    expect(JSON.parse((await cli(['stats', '--json'])).out)).toMatchObject({ entries: 2, withCredentials: 0 });
    for (const shard of readdirSync(join(dir, 'proxies'))) {
      expect(readFileSync(join(dir, 'proxies', shard), 'latin1')).not.toContain('gate.example');
    }
  });
});
