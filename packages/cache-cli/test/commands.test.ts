import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { describe, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';
import { LIST, workspace } from './support/workspace.ts';

describe.each(['jsonl', 'sqlite'])('a cache with l2 in %s', (backend) => {
  it('returns in a new run what an earlier one imported: get, list, stats and export', async () => {
    const { cli, dir, path } = workspace({
      'list.txt': LIST,
      'more.json': '[{"ip":"198.51.100.3","port":1,"status":"healthy"}]',
    });
    const imported = await cli([
      '--backend',
      backend,
      'import',
      path('list.txt'),
      path('more.json'),
      '--source',
      'mine',
    ]);
    expect(imported).toMatchObject({ code: 0, err: '' });
    expect(imported.out).toMatch(/list\.txt: 4 loaded\n.*more\.json: 1 loaded\n5 rows imported in/);

    const stats = JSON.parse((await cli(['stats', '--json'])).out);
    expect(stats).toMatchObject({
      dir,
      entries: 5,
      withCredentials: 2,
      unreadable: 0,
      byHealth: { healthy: 1, unknown: 4 },
    });
    expect(stats.tiers.map((tier: { entries: number }) => tier.entries)).toEqual([0, 5, 5]);
    expect(readdirSync(join(dir, 'proxies')).includes('l2_cache.db')).toBe(backend === 'sqlite');

    const list = JSON.parse((await cli(['list', '--json', '--source', 'mine'])).out);
    expect(list).toMatchObject({ count: 5, unreadable: 0 });
    expect(list.entries).toHaveLength(5);
    expect((await cli(['list', '--health', 'healthy'])).out.split('\n')[1]).toContain('198.51.100.3:1');
    expect(JSON.parse((await cli(['list', '--limit', '2', '--json'])).out).entries).toHaveLength(2);
    expect(JSON.parse((await cli(['list', '--limit', '0', '--json'])).out).entries).toEqual([]);

    const exported = await cli(['export', path('all.jsonl'), '--json']);
    expect(JSON.parse(exported.out)).toEqual({
      file: path('all.jsonl'),
      credentials: 'sealed',
      exported: 5,
      failed: 0,
      unreadable: 0,
    });
    expect(readFileSync(path('all.jsonl'), 'utf8')).not.toMatch(/hunter2|swordfish/);
    expect((await cli(['--dir', path('copy'), 'import', path('all.jsonl')])).code).toBe(0);
    expect(JSON.parse((await cli(['--dir', path('copy'), 'stats', '--json'])).out)).toMatchObject({
      entries: 5,
      withCredentials: 2,
    });
  });
});

describe('get', () => {
  it('finds an entry by key, URL and host:port, and names the tier that answered', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const found = JSON.parse((await cli(['get', '198.51.100.1:80', '--json'])).out);
    expect(found).toMatchObject({
      tier: 'l2',
      level: 2,
      entry: { proxyUrl: 'http://198.51.100.1:80', username: null },
    });
    for (const name of [found.entry.key, 'http://198.51.100.1:80', 'HTTP://198.51.100.1:80/']) {
      expect((await cli(['get', name])).out).toContain(found.entry.key);
    }
  });

  it('distinguishes the users of a gateway, and shows credentials only on request', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const masked = await cli(['get', 'http://bob:whatever@gate.example:9000']);
    expect(masked.out).toContain('Password     **********');
    expect(masked.out + (await cli(['get', 'bob@gate.example:9000', '--json'])).out).not.toContain('swordfish');
    expect((await cli(['get', 'bob@gate.example:9000', '--reveal'])).out).toContain('Password     swordfish');
    expect(JSON.parse((await cli(['get', 'ann@gate.example:9000', '--reveal', '--json'])).out).entry.password).toBe(
      'hunter2',
    );
  });

  it('exits with 1 and a reason if the entry does not exist or no key opens it', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    expect(await cli(['get', 'nothing'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('not found'),
    });
    const locked = await cli(['get', 'ann@gate.example:9000', '--json'], {});
    expect(locked.code).toBe(1);
    expect(locked.err).toMatch(/^pw-cache: .*PROXYWHIRL_CACHE_ENCRYPTION_KEY.*\n$/);
    expect(JSON.parse(locked.out).error.code).toBe('KEY_MISSING');
    // Nothing is lost by reading without the key.
    expect((await cli(['get', 'ann@gate.example:9000'])).code).toBe(0);
  });

  it('escapes characters that could rewrite the terminal', async () => {
    const { cli, path } = workspace({
      'rows.jsonl': '{"proxy_url":"http://a.example:1","source":"\\u001b[2Jx\\u202ey"}',
    });
    await cli(['import', path('rows.jsonl')]);
    expect((await cli(['get', 'a.example:1'])).out).toContain('Source       \\u001b[2Jx\\u202ey');
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

describe('errors', () => {
  it('in a row are reported by file and line, do not stop the import, and quote no secret', async () => {
    const { cli, path } = workspace({
      'list.txt': 'ann:hunter2\n198.51.100.1:80\n',
      'rows.jsonl': '{"hunter2\n',
    });
    const { code, out, err } = await cli([
      'import',
      path('missing.txt'),
      path('list.txt'),
      path('rows.jsonl'),
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      loaded: 1,
      skipped: 1,
      failed: 2,
      files: [{ failed: 1 }, { loaded: 1 }, { failed: 1 }],
    });
    expect(out + err).not.toContain('hunter2');
    const plain = await cli(['import', path('list.txt')]);
    expect(plain.err).toContain(`${path('list.txt')}:1: `);
    expect(plain.code).toBe(0);
  });

  it.each([
    [['frobnicate'], 'unknown command', 'pw-cache'],
    [['get'], 'missing required argument', 'pw-cache get'],
    [['import', 'x', '--ttl', 'soon'], 'whole seconds', 'pw-cache import'],
    [['import', 'x', '--ttl', '0'], 'from 1 second', 'pw-cache import'],
    [['import', 'x', '--ttl', '9007199254740991'], 'to 100 years', 'pw-cache import'],
    [['--dir', '', 'list'], 'must not be empty', 'pw-cache'],
    [['import', 'rows.txt', '', 'more.txt'], 'must not be empty', 'pw-cache import'],
    [['import', 'a\0b'], 'must not contain a NUL', 'pw-cache import'],
    [['export', ''], 'must not be empty', 'pw-cache export'],
    [['list', '--health', 'fine'], 'Allowed choices', 'pw-cache list'],
    [['export', 'x', '--credentials', 'shown'], 'Allowed choices', 'pw-cache export'],
    [['stats', '--colour'], 'unknown option', 'pw-cache stats'],
  ])('of usage exit with 2 and one line that names the help to read: %j', async (argv, message, helpOf) => {
    const { code, out, err } = await workspace().cli(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^pw-cache: .*\n$/);
    expect(err).toContain(message);
    expect(err).toContain(`(see ${helpOf} --help)`);
  });

  it.each(['get x', 'list', 'stats', 'export y'])(
    'of commands that need a cache exit with 1 and create none: %s',
    async (command) => {
      const { cli, dir } = workspace();
      const { code, err } = await cli(command.split(' '));
      expect(code).toBe(1);
      expect(err).toMatch(/^pw-cache: there is no cache in .*import.*\n$/);
      expect(() => readdirSync(dir)).toThrow();
    },
  );

  it('in a key are reported with the name of the variable, without quoting the key', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    const { code, err } = await cli(['import', path('list.txt')], { [CURRENT_KEY_VARIABLE]: 'hunter2' });
    expect(code).toBe(1);
    expect(err).toMatch(/^pw-cache: .*PROXYWHIRL_CACHE_ENCRYPTION_KEY.*\n$/);
    expect(err).not.toContain('hunter2');
  });

  it('in the directory of a cache do not make it look empty', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST, flat: '' });
    const { code, err } = await cli(['--dir', path('flat'), 'import', path('list.txt')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^pw-cache: .*flat is a file, not a directory.*\n$/);
  });
});

describe('help and version', () => {
  it.each(['', 'import', 'get', 'list', 'stats', 'export', 'generate-key'])(
    'shows examples: %s --help',
    async (command) => {
      const { code, out, err } = await cli([...command.split(' ').filter(Boolean), '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`Examples:\\n.*pw-cache ${command}`));
      expect(out).toContain('--json');
    },
  );

  it('shows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await cli(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('shows the help and exits with 2 if no command is given', async () => {
    const usage = expect.stringContaining('Usage: pw-cache');
    expect(await cli([])).toMatchObject({ code: 2, out: '', err: usage });
    const { out, ...rest } = await cli(['--json']);
    expect(rest).toMatchObject({ code: 2, err: usage });
    expect(JSON.parse(out).error.code).toBe('USAGE');
  });
});

describe('generate-key', () => {
  it('prints only a working key', async () => {
    const { out, err } = await cli(['generate-key']);
    expect(out).toMatch(/^[\w-]{43}=\n$/);
    expect(err).toBe('');
    const { cli: withKey, path } = workspace({ 'list.txt': LIST });
    expect((await withKey(['import', path('list.txt')], { [CURRENT_KEY_VARIABLE]: out.trim() })).code).toBe(0);
    expect(JSON.parse((await cli(['generate-key', '--json'])).out).key).toMatch(/^[\w-]{43}=$/);
  });
});
