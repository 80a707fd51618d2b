import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@pw/cache-models';
import { ownIdentity } from '@pw/cache-models/tier';
import { bundleProgram } from '@pw/test-support';
import { describe, it, type TestContext } from 'vitest';
import type { LockTiming } from '../../src/lock/lock-timing.ts';
import { exitOf } from '../support/children.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '..', 'support', 'stopped-child.ts'));
/** So long that a test would time out if a lock were taken over by its age. */
const PATIENT: LockTiming = { staleMs: 600_000, updateMs: 1000, deadlineMs: 15_000 };
const HASTY: LockTiming = { staleMs: 2000, updateMs: 1000, deadlineMs: 300 };

const tierOn = ({ onTestFinished }: TestContext, directory: string, lock: LockTiming) =>
  newTier(directory, { clock: systemClock, lock, numShards: 1, failureThreshold: 1000 }, {}, onTestFinished);
const fresh = (key: string) => makeEntry(key, { fetchTime: systemClock.now(), ttlSeconds: 9e5 });
const lockOf = (directory: string) => join(directory, 'shard_00.jsonl.lock');
const namesIn = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('pw-holder.'));

async function seeded(test: TestContext): Promise<string> {
  const directory = newDirectory(test.onTestFinished);
  const tier = tierOn(test, directory, PATIENT);
  test.expect(await tier.put('k0', fresh('k0'))).toBe(true);
  await tier.close();
  return directory;
}

/**
 * A process that kills itself with the lock held, just before its write number `at`: the first write announces that it
 * is about to take the lock, the second one names it as the holder.
 */
async function killedHolder(
  { expect, onTestFinished }: TestContext,
  directory: string,
  at: number,
  prefix: string[] = [],
): Promise<void> {
  const [command, ...args] = [...prefix, process.execPath, '--conditions=@pw/source', CHILD];
  const child = spawn(command!, [...args, directory, 'put', 'writeSync', String(at), 'SIGKILL'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await exitOf(child);
  expect(existsSync(lockOf(directory))).toBe(true);
}

/** A process that holds the lock, stopped just before it writes a line. */
async function stoppedHolder(
  { onTestFinished }: TestContext,
  directory: string,
  prefix: string[] = [],
): Promise<ChildProcess> {
  const [command, ...args] = [...prefix, process.execPath, '--conditions=@pw/source', CHILD];
  const child = spawn(command!, [...args, directory, 'put', 'writeSync', '3'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  while (!existsSync(lockOf(directory))) await sleep(5);
  await sleep(100);
  return child;
}

/** Writes the file by which a process names itself the holder of the existing lock folder. */
function nameHolder(directory: string, identity: { space: string; pid: number; start: number }, ino?: number): string {
  const found = lstatSync(lockOf(directory));
  const path = join(directory, `pw-holder.${identity.space}.${identity.pid}.${identity.start}.0123456789ab`);
  writeFileSync(path, `${`${ino ?? found.ino} ${found.birthtimeMs}`.padEnd(47)}\n`, { mode: 0o600 });
  return path;
}

/** Writes the file by which a process announces that it is about to take the lock. */
function announceTaking(directory: string, { space, pid, start }: { space: string; pid: number; start: number }): void {
  const path = join(directory, `pw-holder.${space}.${pid}.${start}.ba9876543210`);
  writeFileSync(path, `${'taking'.padEnd(47)}\n`, { mode: 0o600 });
}

const gone = { ...ownIdentity(), pid: 2 ** 30 };

const linux = process.platform === 'linux';

// These tests mostly wait for deadlines and processes, so they run beside each other.
describe.runIf(linux).concurrent('the lock of a process that was killed', () => {
  it('is taken over by the next write of an open tier, however large `lock.staleMs` is', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    const tier = tierOn(test, directory, PATIENT);
    await tier.open();
    await killedHolder(test, directory, 3);
    expect(await tier.put('k1', fresh('k1'))).toBe(true);
    expect((await tier.keys()).sort()).toEqual(['k0', 'k1']);
    await tier.close();
    expect(existsSync(lockOf(directory))).toBe(false);
  });

  it('is removed when the directory is opened, together with its holder file', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    await killedHolder(test, directory, 3);
    expect(namesIn(directory)).toHaveLength(1);
    const [left] = namesIn(directory);
    // The file of a process of another boot, unchanged for two days.
    const unknown = join(directory, 'pw-holder.01234567.5.5.0123456789ab');
    const unfinished = `${lockOf(directory)}.0123456789ab`;
    writeFileSync(unknown, '');
    mkdirSync(unfinished);
    const before = new Date(Date.now() - 2 * 86_400_000);
    for (const path of [unknown, unfinished]) utimesSync(path, before, before);
    const tier = tierOn(test, directory, PATIENT);
    expect(await tier.get('k0')).toBeDefined();
    expect(existsSync(lockOf(directory))).toBe(false);
    expect(namesIn(directory)).not.toContain(left);
    for (const path of [unknown, unfinished]) expect(existsSync(path)).toBe(false);
    await tier.close();
    expect(namesIn(directory)).toEqual([]);
  });

  it('is taken over from a process that died while taking it over', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    await killedHolder(test, directory, 3);
    // Writes of the second process: its announcement, its name, the copy of the shard.
    await killedHolder(test, directory, 3);
    const tier = tierOn(test, directory, PATIENT);
    expect(await tier.put('k1', fresh('k1'))).toBe(true);
    await tier.close();
    expect(readdirSync(directory).filter((name) => /\.(lock|tmp)/.test(name))).toEqual([]);
  });
});

describe.runIf(linux).concurrent('a lock whose holder was killed before it could name itself', () => {
  it('is taken over immediately by a write', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    const tier = tierOn(test, directory, PATIENT);
    await tier.open();
    await killedHolder(test, directory, 2);
    expect(readFileSync(join(directory, namesIn(directory)[0]!), 'utf8')).toMatch(/^taking +\n$/);
    expect(await tier.put('k1', fresh('k1'))).toBe(true);
  });

  it('is removed when the directory is opened', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    await killedHolder(test, directory, 2);
    const tier = tierOn(test, directory, PATIENT);
    expect(await tier.get('k0')).toBeDefined();
    expect(existsSync(lockOf(directory))).toBe(false);
  });

  it('expires by age while a process that may have made it runs, or belongs to another container', async (test) => {
    const { expect } = test;
    for (const other of [ownIdentity(), { ...gone, space: '01234567' }]) {
      const directory = await seeded(test);
      await killedHolder(test, directory, 2);
      announceTaking(directory, other);
      expect(await tierOn(test, directory, HASTY).put('k1', fresh('k1'))).toBe(false);
    }
  });

  it('expires by age if it was made before the dead process announced that it would make one', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    mkdirSync(lockOf(directory));
    await sleep(20);
    announceTaking(directory, gone);
    const tier = tierOn(test, directory, HASTY);
    expect(await tier.put('k1', fresh('k1'))).toBe(false);
  });
});

it.concurrent('each opening removes a limited number of holder files, however many there are', async (test) => {
  const { expect } = test;
  const directory = newDirectory(test.onTestFinished);
  mkdirSync(directory, { mode: 0o700 });
  const longAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
  for (let n = 0; n < 450; n++) {
    const path = join(directory, `pw-holder.01234567.${n + 1}.1.0123456789ab`);
    writeFileSync(path, '');
    utimesSync(path, longAgo, longAgo);
  }
  const left: number[] = [];
  for (let n = 0; n < 4; n++) {
    const tier = newTier(directory, {}, {}, test.onTestFinished);
    await tier.open();
    await tier.close();
    left.push(readdirSync(directory).filter((name) => name.startsWith('pw-holder.')).length);
  }
  expect(left).toEqual([250, 50, 0, 0]);
});

describe.concurrent('a lock expires by age', () => {
  it('if it has no named holder', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    mkdirSync(lockOf(directory));
    expect(await tierOn(test, directory, HASTY).put('k1', fresh('k1'))).toBe(false);
  });

  it('if the ended process is the named holder of another folder', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    mkdirSync(lockOf(directory));
    const path = nameHolder(directory, gone, lstatSync(directory).ino);
    const tier = tierOn(test, directory, PATIENT);
    await tier.open();
    expect(existsSync(lockOf(directory))).toBe(true);
    await tier.close();
    // An opening removes the name of an ended process, so another one is needed.
    renameSync(nameHolder(directory, gone, lstatSync(directory).ino), path);
    expect(await tierOn(test, directory, HASTY).put('k1', fresh('k1'))).toBe(false);
  });

  it('if its holder belongs to another boot or container, or one of the named holders runs', async (test) => {
    const { expect } = test;
    for (const holders of [[{ ...gone, space: '01234567' }], [gone, ownIdentity()]]) {
      const directory = await seeded(test);
      mkdirSync(lockOf(directory));
      for (const holder of holders) nameHolder(directory, holder);
      expect(await tierOn(test, directory, HASTY).put('k1', fresh('k1'))).toBe(false);
      expect(existsSync(lockOf(directory))).toBe(true);
    }
  });

  it('but is taken over sooner (control) if its maker has ended or the PID was reused', async (test) => {
    const { expect } = test;
    for (const holder of [gone, { ...ownIdentity(), start: ownIdentity().start + 1 }]) {
      const directory = await seeded(test);
      mkdirSync(lockOf(directory));
      nameHolder(directory, holder);
      expect(await tierOn(test, directory, PATIENT).put('k1', fresh('k1'))).toBe(true);
    }
  });

  it('and is then taken over, whatever its folder contains', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    mkdirSync(lockOf(directory));
    writeFileSync(join(lockOf(directory), 'f'), '');
    const tier = tierOn(test, directory, { ...HASTY, deadlineMs: 10_000 });
    expect(await tier.put('k1', fresh('k1'))).toBe(true);
    await tier.close();
    expect(existsSync(lockOf(directory))).toBe(false);
  });
});

// The first process of a PID namespace ignores signals that it sends to itself.
const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', '"$@"; exit 0', 'sh'];
const canUnshare = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'true']).status === 0;
if (!canUnshare) console.warn('unshare is not permitted here: the tests with two PID namespaces are skipped');

describe.runIf(canUnshare).concurrent('two containers on one volume', () => {
  it('do not take the lock of the other one, whether its process runs or has ended', async (test) => {
    const { expect } = test;
    for (const killed of [false, true]) {
      const directory = await seeded(test);
      // In our PID namespace, its PID belongs to another process or to none.
      if (killed) await killedHolder(test, directory, 3, UNSHARE);
      else await stoppedHolder(test, directory, UNSHARE);
      expect(namesIn(directory)).toHaveLength(1);
      const tier = tierOn(test, directory, HASTY);
      expect(await tier.put('k1', fresh('k1'))).toBe(false);
      expect(existsSync(lockOf(directory))).toBe(true);
      expect(namesIn(directory).length).toBeGreaterThan(0);
    }
  });

  it('take the lock once it has not been refreshed for `lock.staleMs`', async (test) => {
    const { expect } = test;
    const directory = await seeded(test);
    await killedHolder(test, directory, 3, UNSHARE);
    expect(await tierOn(test, directory, { ...HASTY, deadlineMs: 10_000 }).put('k1', fresh('k1'))).toBe(true);
  });
});

describe.concurrent('the file that names the holders', () => {
  it('is readable by its owner only, and removed when the tier is closed', async (test) => {
    const { expect } = test;
    const directory = newDirectory(test.onTestFinished);
    const tier = tierOn(test, directory, PATIENT);
    await tier.put('k0', fresh('k0'));
    const [name] = namesIn(directory);
    expect(lstatSync(join(directory, name!)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, name!), 'utf8')).toMatch(/^\d+ [\d.]+ +\n$/);
    await tier.close();
    expect(namesIn(directory)).toEqual([]);
  });
});
