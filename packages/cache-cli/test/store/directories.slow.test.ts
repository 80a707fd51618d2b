import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { bundleProgram } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

const BIN = await bundleProgram(join(import.meta.dirname, '..', '..', 'src', 'bin.ts'));
/** Drops the capabilities with which root ignores file permissions. */
const AS_ORDINARY_USER = [
  'setpriv',
  '--bounding-set=-dac_override,-dac_read_search',
  '--inh-caps=-dac_override,-dac_read_search',
];

/** The stderr of the command, in a process to which file permissions apply. */
function errorOf(argv: readonly string[]): { code: number | null; err: string } {
  const [command, ...args] = [
    ...(process.getuid?.() === 0 ? AS_ORDINARY_USER : []),
    process.execPath,
    '--conditions=@pw/source',
    BIN,
    ...argv,
  ];
  const { status, stderr } = spawnSync(command!, args, { encoding: 'utf8', timeout: 20_000 });
  return { code: status, err: stderr };
}

describe('a directory', () => {
  it('is not reported as one without a cache if it may not be read', async () => {
    const { cli, dir, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    chmodSync(dir, 0);
    onTestFinished(() => chmodSync(dir, 0o700));
    const { code, err } = errorOf(['--dir', dir, 'list']);
    expect(code).toBe(1);
    expect(err).toMatch(/^pw-cache: .*cache cannot be used: .*permission denied \(EACCES\): run as .*\n$/);
  });

  it.each([
    ['flat', /flat is a file, not a directory: /],
    ['flat/below', /a part of the path is a file, not a directory \(ENOTDIR\): choose another --dir/],
    ['linked', /proxies is a symbolic link/],
  ])('is refused with a description of what is in its place: %s', async (name, message) => {
    const { cli, path } = workspace({ flat: '', 'list.txt': LIST });
    mkdirSync(path('linked'));
    symlinkSync(path('elsewhere'), path('linked/proxies'));
    for (const argv of [['list'], ['import', path('list.txt')]]) {
      const { code, err } = await cli(['--dir', path(name), ...argv]);
      expect(code).toBe(1);
      expect(err).toMatch(/^pw-cache: .*\n$/);
      expect(err).toMatch(message);
    }
  });

  it('causes a warning that names the format in use if it contains l2 in both formats', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    expect((await cli(['import', path('list.txt')])).err).toBe('');
    const second = await cli(['--backend', 'sqlite', 'import', path('list.txt')]);
    expect(second.err).toMatch(
      /^pw-cache: warning: .* as sqlite and as jsonl: this command uses sqlite; .* --backend jsonl\n$/,
    );
    expect((await cli(['list'])).err).toContain('this command uses sqlite');
    expect((await cli(['list', '--backend', 'jsonl'])).err).toContain('this command uses jsonl');
  });
});

describe('a directory that other users could change', () => {
  it('is refused if anyone may write to it, with the path and the command that fixes it', async () => {
    const { cli, dir, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    chmodSync(join(dir, 'proxies'), 0o777);
    const { code, err } = await cli(['list']);
    expect(code).toBe(1);
    expect(err).toContain(`${join(dir, 'proxies')}: anyone may replace files in it; "chmod o-w" it`);
    expect((await cli(['--directory-checks', 'off', 'list'])).code).toBe(0);
  });

  it('causes a warning if its group may write to it, and is refused by --directory-checks strict', async () => {
    const { cli, dir, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    chmodSync(join(dir, 'proxies'), 0o770);
    const warned = await cli(['list']);
    expect(warned.err).toContain('its group may write to it');
    expect(warned.code).toBe(0);
    const strict = await cli(['list', '--directory-checks', 'strict']);
    expect(strict.err).toContain(join(dir, 'proxies'));
    expect(strict.code).toBe(1);
    expect((await cli(['list', '--directory-checks', 'no'])).code).toBe(2);
  });
});

describe('a database to which another program added a trigger', () => {
  it('is refused, with the name of the trigger and a working command that removes it', async () => {
    const { cli, dir, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const run = (sql: string): void => {
      const database = new DatabaseSync(join(dir, 'db', 'proxywhirl.db'));
      database.exec(sql);
      database.close();
    };
    run('CREATE TRIGGER audit AFTER DELETE ON cache_entries BEGIN SELECT 1; END');
    for (const argv of [['list'], ['import', path('list.txt')]]) {
      const { code, err } = await cli(argv);
      expect(code).toBe(1);
      expect(err).toMatch(/^pw-cache: .*cannot be opened: .*the trigger "audit": .*DROP TRIGGER "audit";\n$/);
    }
    const { out } = await cli(['list', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'TIER_FAILED', message: expect.stringContaining('audit') },
    });
    run('DROP TRIGGER "audit";');
    expect((await cli(['list'])).code).toBe(0);
  });
});

describe('a file', () => {
  it('is named with a description of the error if it cannot be read or written', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST, flat: '' });
    const { err } = await cli(['import', path('list.txt'), path('missing.txt'), path('.')]);
    expect(err).toContain('missing.txt: the file cannot be read: no such file or directory (ENOENT)\n');
    expect(err).toContain(': the file cannot be read: it is a directory (EISDIR)\n');
    const nowhere = await cli(['export', path('missing/out.jsonl')]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.err).toMatch(
      /^pw-cache: .*missing\/out\.jsonl cannot be written: no such file or directory \(ENOENT\)\n$/,
    );
  });

  it('with plain-text credentials is readable only by its owner and causes no warning, and the result mentions them', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const { code, out, err } = await cli(['export', path('out.jsonl'), '--credentials', 'plain']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('4 entries exported, credentials in plain text');
    expect(readFileSync(path('out.jsonl'), 'utf8')).toContain('hunter2');
    expect(statSync(path('out.jsonl')).mode & 0o777).toBe(0o600);
  });
});

describe('the exit code of an import', () => {
  const missing = '/nonexistent/list.txt';
  it.each([
    [0, 'rows without a proxy beside rows with one', ['198.51.100.1:80\n# a note\nno proxy at all\n']],
    [0, 'an empty file', ['']],
    [1, 'a file without any proxy, beside a good one', ['198.51.100.1:80\n', 'no proxy at all\n']],
    [1, 'a row that cannot be parsed', ['{"proxy_url":"http://198.51.100.1:80"}\n{"proxy_url\n']],
    [1, 'a file that cannot be read, beside a good one', ['198.51.100.1:80\n', missing]],
  ])('is %i for %s', async (expected, _what, texts) => {
    const { cli, path } = workspace();
    const files = texts.map((text, i) => {
      if (text === missing) return missing;
      writeFileSync(path(`${i}.${text.startsWith('{') ? 'jsonl' : 'txt'}`), text);
      return path(`${i}.${text.startsWith('{') ? 'jsonl' : 'txt'}`);
    });
    const { code, out } = await cli(['import', ...files]);
    expect({ code, out }).toEqual({ code: expected, out: expect.stringMatching(/ imported.* in /) });
    if (texts[0] !== '') expect(JSON.parse((await cli(['list', '--json'])).out).count).toBe(1);
  });

  it('comes with a summary that counts the rows not loaded', async () => {
    const { cli, path } = workspace({ 'list.txt': '198.51.100.1:80\nno proxy at all\n' });
    const { out } = await cli(['import', path('list.txt'), missing]);
    expect(out).toMatch(/\n1 row imported, 1 skipped, 1 failed in .*\n$/);
  });
});
