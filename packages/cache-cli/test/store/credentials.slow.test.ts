import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCache } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

const MARK = 'S3cretMARK';

describe('an argument with credentials', () => {
  it.each([
    ['get', `http://user:${MARK}@h:1`],
    ['get', `http://user:${MARK}`],
    ['get', `user:${MARK}@h:1`],
    ['get', `198.51.100.1:80:user:${MARK}`],
    ['get', '-U', `user:${MARK}`],
    ['get', `-Uuser:${MARK}`],
    ['get', `--password=${MARK}`],
    ['get', '--proxy-user', `user:${MARK}`],
    ['get', 'a', `http://user:${MARK}@h:1`],
    ['get', 'a', `user:${MARK}`],
    ['list', `http://user:${MARK}`],
    ['list', '--limit', `user:${MARK}`],
    ['list', '--health', `user:${MARK}`],
    ['list', `--health=user:${MARK}`],
    ['list', '--source', `http://user:${MARK}@h/list.txt`],
    ['import', '--label', `user:${MARK}=x`, 'list.txt'],
    ['import', `--label=user:${MARK}=x`, 'list.txt'],
    ['import', '--label', `user:${MARK}`, 'list.txt'],
    ['list', '--label', `http://user:${MARK}@h=1`],
    ['list', '--label', `kind=http://user:${MARK}@h\n`],
    ['import', '-U', `user:${MARK}`, 'list.txt'],
    ['import', '--ttl', `http://user:${MARK}@h`, 'list.txt'],
    ['import', `http://user:${MARK}@h/list.txt`],
    ['import', `user:${MARK}`],
    ['import', `./http:/user:${MARK}@h`],
    ['import', '--scheme', `user:${MARK}`, 'list.txt'],
    ['export', `/nowhere/http://user:${MARK}@h`],
    ['export', `/nowhere/user:${MARK}@h.jsonl`],
    ['export', '--credentials', `user:${MARK}`, 'x.jsonl'],
    [`http://user:${MARK}@h`],
    [`user:${MARK}`],
    [`user:${MARK}\nx`],
    ['--dir', `http://user:${MARK}@h`, 'list'],
    ['--dir', `user:${MARK}`, 'stats'],
    [`--dir=/nowhere/user:${MARK}@h`, 'list'],
    ['--backend', `user:${MARK}`, 'list'],
    [`--token=${MARK}`, 'list'],
  ])('is not echoed: %s %s', async (...argv) => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    expect((await cli(['import', path('list.txt')])).code).toBe(0);
    const shown: string[] = [];
    for (const json of [[], ['--json']]) {
      const { out, err } = await cli([...json, ...argv]);
      shown.push(out, err);
    }
    expect(shown.join('')).not.toBe('');
    expect(shown.filter((text) => text.includes(MARK))).toEqual([]);
  });

  it('is echoed with them masked and the rest intact', async () => {
    const { cli } = workspace();
    const { err } = await cli(['list', `http://user:${MARK}@h:1`]);
    expect(err).toContain('http://**********@h:1');
    expect((await cli(['list', `--password=${MARK}`])).err).toContain("unknown option '--password=**********'");
  });

  it('is echoed unchanged if it has none', async () => {
    const { cli } = workspace();
    expect((await cli(['list', 'http://198.51.100.1:80'])).err).toContain('http://198.51.100.1:80');
    expect((await cli(['import', 'C:\\lists\\a.txt', '[2001:db8::1]:80'])).out).toMatch(
      /^C:\\lists\\a\.txt: .*\n\[2001:db8::1\]:80: /,
    );
  });
});

describe('a file with credentials in its name', () => {
  it('is read and written, but its name is shown without them', async () => {
    const { cli, path, dir } = workspace();
    const name = `user:${MARK}@h.txt`;
    writeFileSync(path(name), '198.51.100.1:80\nnonsense\n');
    for (const json of [[], ['--json']]) {
      const { code, out, err } = await cli([...json, 'import', path(name)]);
      expect(out + err).not.toContain(MARK);
      expect(code).toBe(0);
      const exported = await cli([...json, 'export', join(dir, `http:/user:${MARK}@h`.replaceAll('/', '_'))]);
      expect(exported.out + exported.err).not.toContain(MARK);
      expect(exported.code).toBe(0);
    }
  });
});

describe('an old record with credentials in its text fields', () => {
  it('is shown without them by list and get, and found by what they show', async () => {
    const { cli, dir } = workspace();
    mkdirSync(dir, { recursive: true });
    const cache = await openCache(
      { l2CacheDir: join(dir, 'proxies'), l3DatabasePath: join(dir, 'db', 'proxywhirl.db') },
      { env: {} },
    );
    onTestFinished(() => cache.close());
    const clean = CacheEntry.create({ proxyUrl: 'http://198.51.100.1:80' });
    const texts = { source: `https://me:${MARK}@example.com/`, lastHealthError: `-U me:${MARK}` };
    const old = CacheEntry.restore({ ...clean.toFields(), ...texts, key: 'k', proxyUrl: `http://user:${MARK}` });
    await cache.put('k', old);
    await cache.close();
    const shown: string[] = [];
    for (const argv of [['list'], ['get', 'k'], ['get', 'http://**********'], ['list', '--source', old.source]])
      for (const json of [[], ['--json']]) shown.push((await cli([...json, ...argv])).out);
    expect(shown.filter((text) => !text.includes('http://**********') || text.includes(MARK))).toEqual([]);
  });
});
