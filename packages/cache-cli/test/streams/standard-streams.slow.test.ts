import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_KEY_VARIABLE, generateKey } from '@pw/cache-crypto';
import { bundleProgram } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

const BIN = await bundleProgram(join(import.meta.dirname, '..', '..', 'src', 'bin.ts'));
const ENV = { ...process.env, [CURRENT_KEY_VARIABLE]: generateKey() };
const command = (dir: string, ...argv: readonly string[]) => ['--conditions=@pw/source', BIN, '--dir', dir, ...argv];

describe('import -', () => {
  it('reads stdin and detects the format from the content', async () => {
    const { cli } = workspace();
    expect((await cli(['import', '-'], undefined, LIST)).out).toMatch(/^stdin: 4 loaded\n4 rows imported in /);
    const json = '[{"ip":"198.51.100.9","port":80}]';
    expect((await cli(['import', '-', '--source', 'mine'], undefined, json)).code).toBe(0);
    expect(JSON.parse((await cli(['list', '--json', '--source', 'mine'])).out).count).toBe(1);
  });

  it('uses --format if the content is ambiguous', async () => {
    const { cli } = workspace();
    const text = 'proxy_url\nhttp://198.51.100.9:80\n';
    expect((await cli(['import', '-', '--format', 'csv', '--json'], undefined, text)).out).toContain('"file": "-"');
    expect(JSON.parse((await cli(['list', '--json'])).out).count).toBe(1);
  });

  it('reports stdin and the line of an invalid row', async () => {
    const { cli } = workspace();
    const { code, err } = await cli(['import', '-'], undefined, `${LIST}http://999.0.0.1:80\n`);
    expect(err).toMatch(/^stdin:5: /);
    expect(code).toBe(1);
  });

  it('reads stdin once, in the order of the files', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    expect((await cli(['import', path('list.txt'), '-'], undefined, '198.51.100.9:80')).out).toContain(
      '5 rows imported',
    );
    const twice = await cli(['import', '-', '-'], undefined, LIST);
    expect(twice.err).toContain('can be read only once');
    expect(twice.code).toBe(2);
  });

  it('reports that the calling program passed no stdin', async () => {
    const { code, err } = await workspace().cli(['import', '-']);
    expect(err).toBe('pw-cache: there is no stdin to read from: name a file instead of -\n');
    expect(code).toBe(1);
  });

  it('reads a file named - if it is given as ./-', async () => {
    const { dir, path } = workspace({ '-': '198.51.100.1:80\n198.51.100.2:80\n' });
    const run = spawnSync(process.execPath, command(dir, 'import', './-'), {
      cwd: path('.'),
      env: ENV,
      encoding: 'utf8',
    });
    expect(run.stdout).toContain('2 rows imported');
    expect(run.status).toBe(0);
    const stdin = spawnSync(process.execPath, command(dir, 'import', '-'), {
      cwd: path('.'),
      env: ENV,
      encoding: 'utf8',
      input: '198.51.100.3:80',
    });
    expect(stdin.stdout).toContain('1 row imported');
  });

  it.each([
    ['import', '-'],
    ['import', '-', '--dry-run'],
    ['sync', 'mine', '-'],
  ])('fails if stdin is a directory, as for a directory given by name: %s %s %s', (...argv) => {
    const { dir, path } = workspace();
    const folder = openSync(path('.'), 'r');
    onTestFinished(() => closeSync(folder));
    const { status, stderr } = spawnSync(process.execPath, command(dir, ...argv.filter((each) => each !== undefined)), {
      env: ENV,
      encoding: 'utf8',
      stdio: [folder, 'pipe', 'pipe'],
    });
    expect(stderr).toMatch(/it is a directory \(EISDIR\)/);
    expect(status).toBe(1);
  });

  it('ends when interrupted while stdin is idle, and stores the rows read so far', async () => {
    const { dir } = workspace();
    const child = spawn(process.execPath, command(dir, 'import', '-'), { env: ENV, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {});
    // More bytes than the buffer of stdin has room for: the last are written when the first have been read.
    const lines = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80\n`).join('');
    await new Promise((resolve) => child.stdin.write(lines, resolve));
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe('export -', () => {
  it('writes entries to stdout and messages to stderr; import - reads them', async () => {
    const { cli, path } = workspace();
    await cli(['import', '-'], undefined, LIST);
    await cli(['export', path('all.jsonl')]);
    const { code, out, err } = await cli(['export', '-']);
    const urls = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).proxy_url as string);
    expect(urls(out).sort()).toEqual(urls(readFileSync(path('all.jsonl'), 'utf8')).sort());
    expect(out).not.toMatch(/hunter2|swordfish/);
    expect(err).toBe('stdout: 4 entries exported\n');
    expect(code).toBe(0);
    const copy = await cli(['--dir', path('copy'), 'import', '-'], undefined, out);
    expect(copy.out).toContain('4 rows imported');
    expect(copy.code).toBe(0);
  });

  it('refuses --json, whose document would mix with the entries', async () => {
    const { cli } = workspace();
    await cli(['import', '-'], undefined, LIST);
    const { code, out, err } = await cli(['export', '-', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'USAGE' } });
    expect(err).toMatch(/name a file instead of - \(see pw-cache export --help\)/);
  });

  it('succeeds if the reader closes the pipe early', async () => {
    const { cli, dir } = workspace();
    // Entries of more bytes than the buffer of stdout has room for.
    const lines = Array.from({ length: 2500 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`).join('\n');
    await cli(['import', '-'], undefined, lines);
    const child = spawn(process.execPath, command(dir, 'export', '-'), { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text) => {
      err += String(text);
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(err).toBe('');
  });

  it('works in a pipe of two commands', () => {
    const { dir, path } = workspace();
    spawnSync(process.execPath, command(dir, 'import', '-'), { env: ENV, input: LIST });
    const quoted = (argv: readonly string[]) => [process.execPath, ...argv].map((part) => `'${part}'`).join(' ');
    const script = `${quoted(command(dir, 'export', '-'))} | ${quoted(command(path('copy'), 'import', '-'))}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { env: ENV, encoding: 'utf8' });
    expect(stderr).toBe('stdout: 4 entries exported\n');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^stdin: 4 loaded\n4 rows imported/);
  });
});
