import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CURRENT_KEY_VARIABLE, generateKey } from '@pw/cache-crypto';
import { bundleProgram, makeTempDir, until } from '@pw/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Interruption } from '../../src/errors/interruption.ts';
import { run } from '../../src/index.ts';
import { cli, MemoryStream } from '../support/run-cli.ts';

const BIN = await bundleProgram(join(import.meta.dirname, '..', '..', 'src', 'bin.ts'));
const INTERRUPTING = pathToFileURL(join(import.meta.dirname, 'interrupting-child.ts')).href;
const KEY = { [CURRENT_KEY_VARIABLE]: generateKey() };
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

/** With `interrupting`, the process sends itself signals: see INTERRUPTING. */
function start(argv: readonly string[], interrupting?: Record<string, string>): Running {
  const before = interrupting === undefined ? [] : ['--import', INTERRUPTING];
  const child = spawn(process.execPath, ['--conditions=@pw/source', ...before, BIN, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...KEY, ...interrupting },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err }))) };
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => `ann:pw-${i}@10.0.${i >> 8}.${i & 255}:8080\n`);

/**
 * A pipe that stays open and gets more rows than its buffer has room for; `read` resolves once all rows are written,
 * which requires a command that reads them.
 */
function pipeOf(root: string, count: number): { readonly path: string; readonly read: Promise<void> } {
  const path = join(root, 'rows.txt');
  execFileSync('mkfifo', [path]);
  const writer = createWriteStream(path);
  // The command ends before it has read everything.
  writer.on('error', () => {});
  onTestFinished(() => void writer.destroy());
  return { path, read: new Promise((resolve) => writer.write(rows(count).join(''), () => resolve())) };
}

const filesIn = (dir: string) => (existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : []);
const hasShards = (dir: string) =>
  filesIn(dir).some((name) => name.endsWith('.jsonl') && statSync(join(dir, name)).size > 0);

const hasLog = (dir: string) =>
  filesIn(dir).some((name) => name.endsWith('l2_cache.db-wal') && statSync(join(dir, name)).size > 100_000);

describe.each(['jsonl', 'sqlite'])('an import into %s', (backend) => {
  it.each(SIGNALS)(
    'stores the rows it has read and prints how many when it receives %s, and exits with %i',
    async (signal, code) => {
      const root = makeTempDir(onTestFinished);
      const dir = join(root, 'cache');
      const { path } = pipeOf(root, 6_000);
      const { child, ended } = start(['--dir', dir, '--backend', backend, 'import', path, join(root, 'next.txt')]);
      await until('the first rows are stored', () => (backend === 'jsonl' ? hasShards(dir) : hasLog(dir)));
      child.kill(signal);
      const { code: ending, out, err } = await ended;
      const loaded = Number(/^([\d,]+) rows? imported in /m.exec(out)?.[1]?.replace(',', ''));
      expect(out).toContain(`rows.txt: ${loaded.toLocaleString('en-US')} loaded\n`);
      expect(loaded).toBeGreaterThan(0);
      expect(err).toBe(
        `pw-cache: interrupted by ${signal}; stored rows are kept: ${path} was imported in part, and 1 more file not at all\n`,
      );
      expect(ending).toBe(code);
      const stats = JSON.parse((await cli(['--dir', dir, 'stats', '--json'], KEY)).out) as { entries: number };
      expect(stats.entries).toBe(loaded);
      expect(filesIn(dir).filter((name) => name.endsWith('.lock'))).toEqual([]);
    },
  );
});

describe('an import that waits for a lock of another process', () => {
  it.each(SIGNALS)('exits immediately when it receives %s again', async (signal, code) => {
    const root = makeTempDir(onTestFinished);
    const dir = join(root, 'cache');
    writeFileSync(join(root, 'first.txt'), rows(200).join(''));
    expect((await cli(['--dir', dir, 'import', join(root, 'first.txt')], KEY)).code).toBe(0);
    // A lock whose time is in the future is not taken over for the duration of this test.
    const later = new Date(Date.now() + 3_600_000);
    for (const name of filesIn(dir).filter((file) => file.endsWith('.jsonl'))) {
      mkdirSync(join(dir, `${name}.lock`));
      utimesSync(join(dir, `${name}.lock`), later, later);
    }
    const { path, read } = pipeOf(root, 6_000);
    const { child, ended } = start(['--dir', dir, 'import', path]);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await read;
    await sleep(500);
    child.kill(signal);
    await sleep(300);
    expect(isOver).toBe(false);
    child.kill(signal);
    expect((await ended).code).toBe(code);
  });
});

describe('an interrupted import with --json', () => {
  it('prints one document that reports the interruption', async () => {
    const root = makeTempDir(onTestFinished);
    const dir = join(root, 'cache');
    const { path } = pipeOf(root, 6_000);
    const { child, ended } = start(['--dir', dir, '--json', 'import', path]);
    await until('the first rows are stored', () => hasShards(dir));
    child.kill('SIGINT');
    const { code, out } = await ended;
    const document = JSON.parse(out) as { loaded: number; interrupted: boolean; files: { loaded: number }[] };
    expect(code).toBe(130);
    expect(document.interrupted).toBe(true);
    expect(document.loaded).toBeGreaterThan(0);
    expect(document.files.map(({ loaded }) => loaded)).toEqual([document.loaded]);
  });
});

describe('with a cache of 5,000 entries', () => {
  const cleanups: (() => void)[] = [];
  const root = makeTempDir((cleanup) => cleanups.push(cleanup));
  const dir = join(root, 'cache');
  beforeAll(async () => {
    writeFileSync(join(root, 'rows.txt'), rows(5_000).join(''));
    expect((await cli(['--dir', dir, '--backend', 'sqlite', 'import', join(root, 'rows.txt')], KEY)).code).toBe(0);
  });
  afterAll(() => {
    for (const cleanup of cleanups) cleanup();
  });

  /** Runs an export that receives a signal `times` times once its temporary file appears. */
  async function interruptedExport(credentials: string, signal: string, times: number) {
    const folder = makeTempDir(onTestFinished);
    const file = join(folder, 'all.jsonl');
    writeFileSync(file, 'old');
    const env = { PW_TEST_FOLDER: folder, PW_TEST_SIGNAL: signal, PW_TEST_TIMES: String(times) };
    const { ended } = start(['--dir', dir, 'export', file, '--credentials', credentials], env);
    const ending = await ended;
    expect(readdirSync(folder)).toEqual(['all.jsonl']);
    expect(readFileSync(file, 'utf8')).toBe('old');
    return { ...ending, file };
  }

  describe.each(['plain', 'sealed'])('an export with credentials %s', (credentials) => {
    it.each(SIGNALS)(
      'leaves the old file unchanged and nothing beside it when it receives %s, and exits with %i',
      async (signal, code) => {
        const { file, ...ending } = await interruptedExport(credentials, signal, 1);
        expect(ending).toEqual({
          code,
          out: '',
          err: `pw-cache: interrupted by ${signal}; nothing was exported: ${file} is unchanged\n`,
        });
      },
    );

    it.each(SIGNALS)('leaves nothing beside the old file when it receives %s twice', async (signal, code) => {
      expect((await interruptedExport(credentials, signal, 2)).code).toBe(code);
    });
  });

  it.each(SIGNALS)('a list whose reader has stopped reading ends with %s too', async (signal, code) => {
    const child = spawn(process.execPath, ['--conditions=@pw/source', BIN, '--dir', dir, 'list', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...KEY },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'readable');
    await sleep(300);
    child.kill(signal);
    const [ending] = (await once(child, 'exit')) as [number | null];
    expect(ending).toBe(code);
  });

  it.each([
    ['list'],
    ['stats'],
    ['get', 'http://nowhere.example:1'],
    ['export', '/nowhere/all.jsonl'],
    ['import', '/nowhere'],
  ])('a command interrupted at its start closes the cache and exits with code 143: %s', async (...argv) => {
    const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
    const signal = AbortSignal.abort(new Interruption('SIGTERM'));
    const code = await run(['--dir', dir, ...argv], { stdout, stderr, env: KEY, signal });
    expect(stderr.text).toBe('pw-cache: interrupted by SIGTERM\n');
    expect(stdout.text).toBe('');
    expect(code).toBe(143);
  });
});

describe('the library', () => {
  it('does not listen to signals; only the program does', async () => {
    const listeners = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name));
    const before = listeners();
    const root = makeTempDir(onTestFinished);
    writeFileSync(join(root, 'rows.txt'), rows(10).join(''));
    await cli(['--dir', join(root, 'cache'), 'import', join(root, 'rows.txt')], KEY);
    expect(listeners()).toEqual(before);
  });
});
