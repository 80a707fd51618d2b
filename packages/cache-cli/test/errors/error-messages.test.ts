import { readdirSync } from 'node:fs';
import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { describe, expect, it } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

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
