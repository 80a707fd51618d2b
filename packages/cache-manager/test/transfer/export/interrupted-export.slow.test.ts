import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import { ownIdentity } from '@pw/cache-models/tier';
import { bundleProgram, count, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ExportCredentials, exportToFile } from '../../../src/transfer/export/index.ts';
import { removeLeftovers, temporaryName } from '../../../src/transfer/export/leftovers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '../../support/exporting-child.ts'));
const MARKER = 'hunter-';
/** Entries per write. */
const GROUP = 256;

const folder = () => makeTempDir(onTestFinished);
const entriesOf = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    CacheEntry.create({ proxyUrl: `http://h${i}.example:1`, username: 'ann', password: `${MARKER}${i}` }),
  );
const temporaryIn = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.tmp'));

async function exportPlain(dir: string, entries: readonly CacheEntry[] = []) {
  await exportToFile({ entries: () => entries, cipher: undefined }, join(dir, 'all.jsonl'), { credentials: 'plain' });
}

/** An export in a child process; see the child's file for the arguments. */
async function start(dir: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=@pw/source', CHILD, join(dir, 'all.jsonl'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  await once(child.stdout, 'data');
  return { child, ended };
}

describe('the temporary file of an export', () => {
  it.each([0o000, 0o077, 0o777])('is readable by its owner only, from its first byte, with umask %o', async (umask) => {
    const dir = folder();
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const modes = new Set<number>();
    await exportToFile({ entries: () => entriesOf(2 * GROUP), cipher: undefined }, join(dir, 'all.jsonl'), {
      credentials: 'omit',
      onProgress: () => {
        for (const name of temporaryIn(dir)) modes.add(statSync(join(dir, name)).mode & 0o777);
      },
    });
    expect([...modes]).toEqual([0o600]);
    expect(statSync(join(dir, 'all.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('contains no readable credential, and the final file contains all of them', async () => {
    const dir = folder();
    const path = join(dir, 'all.jsonl');
    let seen = 0;
    await exportToFile({ entries: () => entriesOf(3 * GROUP), cipher: undefined }, path, {
      credentials: 'plain',
      onProgress: () => {
        for (const name of temporaryIn(dir)) {
          const bytes = readFileSync(join(dir, name));
          seen += bytes.length;
          expect(bytes.includes(MARKER)).toBe(false);
          expect(bytes.includes('example')).toBe(false);
        }
      },
    });
    expect(seen).toBeGreaterThan(GROUP * 100);
    const passwords = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).password);
    expect(passwords).toEqual(Array.from({ length: 3 * GROUP }, (_, i) => `${MARKER}${i}`));
  });

  it('is complete if it is larger than one decryption step', async () => {
    const dir = folder();
    const long = 'x'.repeat(700_000);
    const entries = ['a', 'ß', '🙂', 'z'].map((source, i) =>
      CacheEntry.create({ proxyUrl: `http://h${i}.example:1`, source: source + long, password: MARKER }),
    );
    await exportPlain(dir, entries);
    const lines = readFileSync(join(dir, 'all.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).source)).toEqual(entries.map(({ source }) => source));
  });
});

describe.each(['plain', 'sealed'] as const)('an export with credentials %s that is aborted', (credentials) => {
  const cipher = { encrypt: () => new Uint8Array([1]), decrypt: () => new Uint8Array() };

  it.each([1, 2, 3, 4])('leaves the old file and nothing else after an abort at progress report %i', async (at) => {
    const dir = folder();
    const path = join(dir, 'all.jsonl');
    writeFileSync(path, 'old');
    const abort = new AbortController();
    let progress = 0;
    const run = exportToFile({ entries: () => entriesOf(3 * GROUP), cipher: cipher as never }, path, {
      credentials,
      signal: abort.signal,
      onProgress: () => {
        if (++progress === at) abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['all.jsonl']);
  });
});

describe('a program that ends in the middle of an export', () => {
  it.each(['plain', 'omit'] satisfies ExportCredentials[])(
    'by process.exit() leaves nothing (credentials %s)',
    async (how) => {
      const dir = folder();
      writeFileSync(join(dir, 'all.jsonl'), 'old');
      const { ended } = await start(dir, how, String(4 * GROUP), '2', 'exit');
      expect(await ended).toEqual({ code: 3, signal: null });
      expect(readdirSync(dir)).toEqual(['all.jsonl']);
      expect(readFileSync(join(dir, 'all.jsonl'), 'utf8')).toBe('old');
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'])(
    'by %s leaves nothing readable, and the next export to the folder removes the leftover',
    async (signal) => {
      for (let at = 1; at <= 4; at++) {
        const dir = folder();
        writeFileSync(join(dir, 'all.jsonl'), 'old');
        const { ended } = await start(dir, 'plain', String(4 * GROUP), String(at), signal);
        expect(await ended).toEqual({ code: null, signal });
        const [left, ...more] = temporaryIn(dir);
        expect(more).toEqual([]);
        expect(lstatSync(join(dir, left!)).size).toBeGreaterThan(GROUP * 100);
        expect(readFileSync(join(dir, left!)).includes(MARKER)).toBe(false);
        expect(readFileSync(join(dir, 'all.jsonl'), 'utf8')).toBe('old');
        await exportPlain(dir);
        expect(readdirSync(dir)).toEqual(['all.jsonl']);
      }
    },
  );

  it('at any moment leaves the old or the new file, and nothing else after the next export', async () => {
    const entries = 8 * GROUP;
    const runs = count(8, 24);
    for (let run = 0; run < runs; run++) {
      const dir = folder();
      const path = join(dir, 'all.jsonl');
      writeFileSync(path, 'old');
      const { child, ended } = await start(dir, 'plain', String(entries));
      await sleep((run * 96) / runs);
      child.kill('SIGKILL');
      await ended;
      const text = readFileSync(path, 'utf8');
      expect(text === 'old' ? entries : text.trimEnd().split('\n').length).toBe(entries);
      for (const name of temporaryIn(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
      await exportPlain(dir);
      expect(readdirSync(dir)).toEqual(['all.jsonl']);
    }
  });
});

describe('a leftover of an export', () => {
  const name = ({ space, pid, start }: ReturnType<typeof ownIdentity>) =>
    `.pw-export.${space}.${pid}.${start}.0123456789ab.tmp`;
  const own = ownIdentity();
  const elsewhere = { ...own, space: own.space === '01234567' ? '76543210' : '01234567' };

  it('stays while its process runs, and is removed once that has ended or its pid was reused', async () => {
    const dir = folder();
    const other = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void other.kill('SIGKILL'));
    const running = name({ ...own, pid: other.pid!, start: 0 });
    const ours = temporaryName();
    const earlier = name({ ...own, start: own.start + 1 });
    for (const file of [running, ours, earlier]) writeFileSync(join(dir, file), '');
    await removeLeftovers(dir);
    expect(readdirSync(dir).sort()).toEqual([running, ours].sort());
    other.kill('SIGKILL');
    await once(other, 'exit');
    await removeLeftovers(dir);
    expect(readdirSync(dir)).toEqual([ours]);
  });

  it('is removed after an hour without a write if its process is not visible', async () => {
    const dir = folder();
    const file = join(dir, name({ ...elsewhere, pid: 2 ** 30 }));
    writeFileSync(file, '');
    await removeLeftovers(dir);
    expect(existsSync(file)).toBe(true);
    const before = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(file, before, before);
    await removeLeftovers(dir);
    expect(existsSync(file)).toBe(false);
  });

  it('is recognised by its exact name, and does not prevent an export if it cannot be removed', async () => {
    const dir = folder();
    const gone = { ...own, pid: 2 ** 30 };
    mkdirSync(join(dir, name(gone)));
    const others = ['.all.jsonl.1.0123456789ab.tmp', `x${name(gone)}`, `${name(gone)}.x`];
    for (const file of others) writeFileSync(join(dir, file), '');
    const before = new Date(0);
    for (const file of others) utimesSync(join(dir, file), before, before);
    await exportPlain(dir);
    expect(readdirSync(dir).sort()).toEqual([...others, name(gone), 'all.jsonl'].sort());
  });
});
