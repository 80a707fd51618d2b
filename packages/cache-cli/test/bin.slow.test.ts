import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../src/index.ts';
import { cli, MemoryStream } from './support/run-cli.ts';

const BIN = join(import.meta.dirname, '..', 'src', 'bin.ts');

function start(argv: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=@pw/source', BIN, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, err })),
  );
  return { child, ended };
}

async function bigCache(): Promise<string> {
  const root = makeTempDir(onTestFinished);
  const lines = Array.from({ length: 6_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`);
  writeFileSync(join(root, 'list.txt'), lines.join('\n'));
  const { code } = await cli(['--dir', join(root, 'cache'), 'import', join(root, 'list.txt')]);
  expect(code).toBe(0);
  return join(root, 'cache');
}

describe('the command as a process', () => {
  it.each([[[]], [['--json']]])('succeeds if its reader closes the pipe early: list %j | head', async (options) => {
    const { child, ended } = start(['--dir', await bigCache(), 'list', ...options]);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await ended).toEqual({ code: 0, err: '' });
  });

  it('exits with the code of the run after writing all output', async () => {
    const { child, ended } = start(['--help']);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    expect(await ended).toEqual({ code: 0, err: '' });
    expect(out).toContain('Exit codes:');
    expect((await start(['nonsense']).ended).code).toBe(2);
  });
});

describe('a long import', () => {
  it('ends cleanly when interrupted and keeps the stored rows', async () => {
    const root = makeTempDir(onTestFinished);
    const file = join(root, 'list.txt');
    writeFileSync(file, Array.from({ length: 6_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`).join('\n'));
    const abort = new AbortController();
    const stderr = new MemoryStream(80);
    const stdout = new MemoryStream();
    // The bar is drawn after the first batch.
    const write = stderr._write.bind(stderr);
    stderr._write = (chunk, encoding, done) => {
      abort.abort();
      write(chunk, encoding, done);
    };
    const code = await run(['--dir', join(root, 'cache'), 'import', file], {
      stdout,
      stderr,
      env: {},
      signal: abort.signal,
    });
    expect(code).toBe(1);
    expect(stderr.text).toContain('pw-cache: interrupted');
    const stats = JSON.parse((await cli(['--dir', join(root, 'cache'), 'stats', '--json'])).out) as { entries: number };
    expect(stats.entries).toBeGreaterThan(0);
    expect(stats.entries).toBeLessThan(6_000);
  });
});
