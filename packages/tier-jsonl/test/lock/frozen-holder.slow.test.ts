import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@pw/cache-models';
import { bundleProgram } from '@pw/test-support';
import { describe, it, type TestContext } from 'vitest';
import type { JsonlCacheTier, JsonlTierOptions } from '../../src/index.ts';
import { exitOf } from '../support/children.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '..', 'support', 'stopped-child.ts'));
const LOCK = { staleMs: 2000, updateMs: 1000, deadlineMs: 20_000 };

const ALONE = { after: 0, timeoutMs: 60_000 };

interface Stopped {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function isStopped({ pid }: ChildProcess): boolean {
  return / [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
}

/** Starts the child and waits until it has stopped itself, or ended. */
async function startStopped(
  { onTestFinished }: TestContext,
  directory: string,
  work: string,
  call: string,
  at: number,
): Promise<Stopped> {
  const args = ['--conditions=@pw/source', CHILD, directory, work, call, String(at)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout!.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  while (child.exitCode === null && !isStopped(child)) await sleep(5);
  return { child, output: () => output };
}

/** Resumes the child, and returns its answer. */
async function resume(
  { expect }: TestContext,
  { child, output }: Stopped,
): Promise<{ done: boolean[]; failures: number }> {
  child.kill('SIGCONT');
  expect(await exitOf(child)).toBe(0);
  while (!output().includes('failures')) await sleep(5);
  return JSON.parse(output().trim().split('\n').at(-1)!) as { done: boolean[]; failures: number };
}

const ofRival = (key: string, source: string) =>
  makeEntry(key, { source, fetchTime: systemClock.now(), ttlSeconds: 9e5 });

function tierOn(test: TestContext, directory: string, options: Partial<JsonlTierOptions> = {}): JsonlCacheTier {
  return newTier(directory, { clock: systemClock, lock: LOCK, ...options }, {}, test.onTestFinished);
}

async function seeded(test: TestContext): Promise<{ directory: string; rival: JsonlCacheTier }> {
  const directory = newDirectory(test.onTestFinished);
  const rival = tierOn(test, directory, { numShards: 1 });
  for (const key of ['k0', 'k1', 'k2']) test.expect(await rival.put(key, ofRival(key, 'seed'))).toBe(true);
  // The descriptors open in the child must not be those through which the rival holds a lock.
  await sleep(60);
  return { directory, rival };
}

/** The rival takes the lock over, and replaces, adds and deletes. */
async function rivalWrites({ expect }: TestContext, rival: JsonlCacheTier): Promise<void> {
  expect(await rival.put('k0', ofRival('k0', 'rival'))).toBe(true);
  expect(await rival.delete('k2')).toBe(true);
  for (let n = 0; n < 30; n++) expect(await rival.put(`r${n}`, ofRival(`r${n}`, 'rival'))).toBe(true);
}

async function expectRivals(
  test: TestContext,
  directory: string,
  but: readonly string[] = [],
): Promise<JsonlCacheTier> {
  const { expect } = test;
  const fresh = tierOn(test, directory);
  const missing: string[] = [];
  for (let n = 0; n < 30; n++) if ((await fresh.get(`r${n}`))?.source !== 'rival') missing.push(`r${n}`);
  expect(missing).toEqual([]);
  if (!but.includes('k0')) expect((await fresh.get('k0'))?.source).toBe('rival');
  expect(await fresh.get('k2')).toBeUndefined();
  expect(fresh.statistics.evictionsCorruption).toBe(0);
  // The rival keeps its lock for a moment.
  const left = () => readdirSync(directory).filter((name) => /\.(lock|tmp)/.test(name));
  await expect.poll(left, { timeout: 5000 }).toEqual([]);
  return fresh;
}

const linux = process.platform === 'linux';

// These tests mostly wait until a lock has not been refreshed for `lock.staleMs`, so they run beside each other.
describe.runIf(linux).concurrent('a process that resumes after being frozen for longer than `lock.staleMs`', () => {
  it.for([1, 2, 3, 4, 5])(
    'at write %i of a put loses neither its own write nor those of its rival',
    async (at, test) => {
      const { expect } = test;
      const { directory, rival } = await seeded(test);
      const frozen = await startStopped(test, directory, 'put', 'writeSync', at);
      await rivalWrites(test, rival);
      expect(await resume(test, frozen)).toEqual({ done: [true, true], failures: 0 });
      const fresh = await expectRivals(test, directory, ['k0']);
      expect((await fresh.get('mine'))?.source).toBe('child');
      // The later of two puts counts; that of the rival was acknowledged before this one began, or during it.
      expect((await fresh.get('k0'))?.source).toBe('child');
      expect((await rival.get('mine'))?.source).toBe('child');
    },
  );

  it.for([1, 2, 3, 4])(
    'at write %i of an old value with a new count does not restore the old value',
    async (at, test) => {
      const { directory, rival } = await seeded(test);
      const frozen = await startStopped(test, directory, 'access', 'writeSync', at);
      await rivalWrites(test, rival);
      frozen.child.kill('SIGCONT');
      await exitOf(frozen.child);
      await expectRivals(test, directory);
    },
  );

  it.for([1, 2, 3, 4])('at write %i of a delete completes the deletion', async (at, test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'delete', 'writeSync', at);
    await rivalWrites(test, rival);
    expect((await resume(test, frozen)).done).toEqual([true]);
    const fresh = await expectRivals(test, directory);
    expect(await fresh.get('k1')).toBeUndefined();
  });

  it('in a delete whose note is written answers true, even if ProxyWhirl removes note and line', async (test) => {
    const { expect } = test;
    const { directory } = await seeded(test);
    const path = join(directory, 'shard_00.jsonl');
    const isNoted = () => readFileSync(path, 'latin1').includes('"pw_deleted":"k1"');
    let frozen: Stopped;
    // Stops at each call in turn, as it is not known which one opens the file to overwrite the line.
    for (let at = 1; ; at++) {
      frozen = await startStopped(test, directory, 'delete', 'openSync', at);
      expect(frozen.child.exitCode).toBeNull();
      if (isNoted()) break;
      frozen.child.kill('SIGKILL');
      await exitOf(frozen.child);
    }
    const lines = readFileSync(path, 'latin1').split('\n');
    expect(lines.some((line) => line.includes('"key":"k1"'))).toBe(true);
    const kept = lines.filter((line) => line.includes('"key":') && !line.includes('"key":"k1"'));
    writeFileSync(`${path}.other`, `${kept.join('\n')}\n`);
    renameSync(`${path}.other`, path);
    expect(await resume(test, frozen)).toEqual({ done: [true], failures: 0 });
    const fresh = tierOn(test, directory);
    expect((await fresh.keys()).sort()).toEqual(['k0', 'k2']);
  });

  it('at the rename of a compaction overwrites nothing that others wrote', async (test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'compact', 'renameSync', 1);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
    await rivalWrites(test, rival);
    const { done, failures } = await resume(test, frozen);
    expect(failures).toBe(0);
    expect(new Set(done)).toEqual(new Set([true]));
    const fresh = await expectRivals(test, directory);
    expect((await fresh.get('mine'))?.source).toBe('149');
  });

  it('at the rename of a clear repeats it with the lock, and counts the entries present then', async (test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'clear', 'renameSync', 1);
    await rivalWrites(test, rival);
    await resume(test, frozen);
    expect(await rival.size()).toBe(0);
    expect(await rival.put('later', ofRival('later', 'rival'))).toBe(true);
    expect(await tierOn(test, directory).keys()).toEqual(['later']);
  });

  it('at the removal of its lock leaves the lock of its rival alone', async (test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'release', 'rmdirSync', 1);
    const busy = (async () => {
      await rivalWrites(test, rival);
      for (let n = 0; n < 300; n++) expect(await rival.put('busy', ofRival('busy', String(n)))).toBe(true);
    })();
    while ((await rival.get('r0')) === undefined) await sleep(5);
    expect(await resume(test, frozen)).toEqual({ done: [true], failures: 0 });
    await busy;
    const fresh = await expectRivals(test, directory);
    expect((await fresh.get('busy'))?.source).toBe('299');
    expect((await fresh.get('mine'))?.source).toBe('child');
  });

  // Stops at each of the first calls, as it is not known which one checks the folder after its creation.
  it.for([1, 2, 3, 4, 5, 6])(
    'at check %i of a file while making its lock does not mistake the lock of its rival for its own',
    async (at, test) => {
      const { expect } = test;
      const { directory, rival } = await seeded(test);
      const frozen = await startStopped(test, directory, 'put', 'lstatSync', at);
      for (let n = 0; n < 5; n++) expect(await rival.put('s', ofRival('s', String(n)))).toBe(true);
      expect((await resume(test, frozen)).done).toEqual([true, true]);
      expect((await rival.get('s'))?.source).toBe('4');
    },
  );

  it.for([1, 2, 3])(
    'at rename %i of a re-sharding does not lose records stored under another number of shards',
    async (at, test) => {
      const { expect } = test;
      const { directory, rival } = await seeded(test);
      const frozen = await startStopped(test, directory, 'reshard', 'renameSync', at);
      const other = tierOn(test, directory, { numShards: 5 });
      expect(await other.size()).toBe(3);
      expect(await other.put('k0', ofRival('k0', 'other'))).toBe(true);
      await resume(test, frozen);
      const fresh = tierOn(test, directory);
      for (const tier of [fresh, other, rival]) {
        expect((await tier.keys()).sort()).toEqual(['k0', 'k1', 'k2']);
        expect((await tier.get('k0'))?.source).toBe('other');
      }
      expect(await rival.put('k0', ofRival('k0', 'rival'))).toBe(true);
      expect((await other.get('k0'))?.source).toBe('rival');
    },
  );
});

describe.concurrent('a process that blocks its event loop for longer than `lock.staleMs`', () => {
  it('checks its lock before it writes, and loses nothing of its rival', async (test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const child = spawn(process.execPath, ['--conditions=@pw/source', CHILD, directory, 'loop', 'none', '4000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    test.onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout!, 'data');
    await rivalWrites(test, rival);
    expect(await exitOf(child)).toBe(0);
    const fresh = await expectRivals(test, directory, ['k0']);
    expect((await fresh.get('k0'))?.source).toBe('after the stop');
  });
});

describe.runIf(linux).concurrent('a process that is frozen while it changes marks or entries under its lock', () => {
  it.for([
    ['writeSync', 1],
    ['writeSync', 2],
    ['writeSync', 3],
    ['writeSync', 4],
    ['renameSync', 1],
    ['renameSync', 2],
  ] as const)('at %s %i of a write alone loses no mark', async ([call, at], test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'alone', call, at);
    const writes = ['k0', 'r'].map((key) => ({ key, entry: ofRival(key, 'rival') }));
    expect(await rival.marks.writeAlone(writes, ALONE)).toHaveLength(2);
    expect((await resume(test, frozen)).done).toEqual([true]);
    const fresh = tierOn(test, directory);
    expect([...(await fresh.marks.read())!].sort()).toEqual([
      ['k0', 0],
      ['mine', 0],
      ['r', 0],
    ]);
    expect((await fresh.get('mine'))?.source).toBe('child');
  });

  it.for([1, 2, 3, 4])('at write %i before it removes a mark keeps those that others made', async (at, test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    await rival.marks.writeAlone([{ key: 'k0', entry: ofRival('k0', 'first') }], ALONE);
    await rival.marks.writeAlone([{ key: 'k1', entry: ofRival('k1', 'first') }], ALONE);
    await sleep(60);
    const frozen = await startStopped(test, directory, 'unmark', 'writeSync', at);
    const writes = ['k0', 'r'].map((key) => ({ key, entry: ofRival(key, 'rival') }));
    expect(await rival.marks.writeAlone(writes, ALONE)).toHaveLength(2);
    const { done } = await resume(test, frozen);
    const fresh = tierOn(test, directory);
    const marked = [...(await fresh.marks.read())!.keys()].sort();
    const { source } = (await fresh.get('k0'))!;
    // Stopped before it asked, it decides about the rival's entry; stopped afterwards, it asks again, and is refused.
    if (at > 2) expect(done).toEqual([false, true]);
    if (done[1] === true) expect([marked, source]).toEqual([['k0', 'k1', 'r'], 'rival']);
    else expect([marked, source]).toEqual([['k1', 'r'], 'child']);
  });

  it.for([1, 2, 3])('at write %i of an update makes no change twice', async (at, test) => {
    const { expect } = test;
    const { directory, rival } = await seeded(test);
    const frozen = await startStopped(test, directory, 'update', 'writeSync', at);
    const add = () => rival.update('k0', (found) => found.with({ failureCount: found.failureCount + 1 }));
    for (let n = 0; n < 5; n++) expect((await add())?.key).toBe('k0');
    const { done } = await resume(test, frozen);
    const count = (await tierOn(test, directory).get('k0'))!.failureCount;
    // One that may or may not have been made is not acknowledged.
    expect(done[0] === true ? [6] : [5, 6]).toContain(count);
  });
});
