import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generateKey } from '@pw/cache-crypto';
import { openCache } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Marker } from './support/markers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, 'support', 'holding-child.ts'));
const COUNT = 1000;

/** The whole mapped memory of a process. */
function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
      const [range = '', mode = ''] = line.split(' ');
      if (!mode.startsWith('r')) continue;
      const [start, end] = range.split('-').map((hex) => Number.parseInt(hex, 16)) as [number, number];
      yield* readRange(memory, start, end);
    }
  } finally {
    closeSync(memory);
  }
}

const PIECE = 2 ** 24;
const OVERLAP = 256;
/** Each piece overwrites the one before. */
const buffer = Buffer.alloc(PIECE + OVERLAP);

function* readRange(memory: number, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += PIECE) {
    const piece = buffer.subarray(0, Math.min(PIECE + OVERLAP, end - at));
    try {
      yield piece.subarray(0, readSync(memory, piece, 0, piece.length, at));
    } catch {
      // Reserved but not readable, such as guard pages.
    }
  }
}

/** The common prefix of all markers of a set, in both encodings that V8 uses for strings. */
function hitsIn(pieces: Iterable<Buffer>, core: string): number {
  const spellings = [
    Buffer.from(core, 'latin1'),
    Buffer.from(core, 'utf16le'),
    Buffer.from(Buffer.from(core).toString('base64').slice(0, -4)),
  ];
  let hits = 0;
  for (const piece of pieces)
    for (const spelling of spellings)
      for (let at = piece.indexOf(spelling); at >= 0; at = piece.indexOf(spelling, at + 1)) hits++;
  return hits;
}

describe.each(['jsonl', 'sqlite'] as const)('a process with 1,000 sealed entries in memory (%s)', (l2Backend) => {
  it.skipIf(process.platform !== 'linux').each([
    ['no credential in a heap snapshot or in its memory', 0],
    ['a revealed credential in both, which shows that the search works', 1],
  ])('has %s', async (_, revealed) => {
    const directory = makeTempDir(onTestFinished);
    const core = new Marker('held').text.slice(0, 28);
    const config = {
      l2Backend,
      l2CacheDir: join(directory, 'l2'),
      l3DatabasePath: join(directory, 'l3', 'cache.db'),
      encryptionKey: generateKey(),
    };
    const cache = await openCache(config, { env: {} });
    const entries = Array.from({ length: COUNT }, (_, n) =>
      CacheEntry.create({
        proxyUrl: `http://h${n}.example:1`,
        key: `k${n}`,
        username: `${core}-u${n}`,
        password: `${core}-p${n}`,
      }),
    );
    expect((await cache.putMany(entries)).every(Boolean)).toBe(true);
    await cache.close();
    const dir = makeTempDir(onTestFinished);
    const args = [
      '--conditions=@pw/source',
      CHILD,
      JSON.stringify(config),
      String(revealed),
      join(dir, 'heapsnapshot'),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      expect(line).toBe(String(COUNT));
      break;
    }
    const snapshot = readFileSync(join(dir, readdirSync(dir)[0]!));
    expect(snapshot.length).toBeGreaterThan(1e6);
    const found = { snapshot: hitsIn([snapshot], core), memory: hitsIn(memoryOf(child.pid!), core) };
    if (revealed === 0) expect(found).toEqual({ snapshot: 0, memory: 0 });
    else {
      expect(found.snapshot > 0).toBe(true);
      expect(found.memory > 0).toBe(true);
    }
  });
});
