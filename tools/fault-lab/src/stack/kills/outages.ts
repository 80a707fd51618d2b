import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from '../../processes/run-child.ts';
import { type Backend, databaseOf, filesOf } from './series-spec.ts';

/**
 * What happens to a tier in a series. `locked`: another process holds the lock of its database, while writers live and
 * die. `away`: its files are elsewhere and something else is in their place; that changes while no writer lives.
 * `full`: its disk is full for a while, for one life of a writer.
 */
export const OUTAGES = ['l3-locked', 'l2-locked', 'l3-away', 'l2-away', 'l3-full', 'l2-full'] as const;
export type Outage = (typeof OUTAGES)[number];

const LOCKING_CHILD = join(import.meta.dirname, '../../sqlite/locking-child.ts');
const SUFFIXES = ['', '-wal', '-shm'];

/** Holds the lock of a tier's database for a while. */
export async function lockTier(directory: string, tier: 'l2' | 'l3', ms: number): Promise<void> {
  const path = tier === 'l3' ? databaseOf(directory) : join(filesOf(directory), 'l2_cache.db');
  if (!existsSync(path)) return;
  const ledger = join(directory, 'held');
  const { end } = startChild(LOCKING_CHILD, [path, String(ms)], { ledger, timeout: ms + 30_000 });
  await end;
}

/** Takes the files of a tier away, and puts something else in their place. */
export function takeAway(directory: string, tier: 'l2' | 'l3'): void {
  if (tier === 'l2') {
    renameSync(filesOf(directory), `${filesOf(directory)}.away`);
    writeFileSync(filesOf(directory), '');
    return;
  }
  const path = databaseOf(directory);
  for (const suffix of SUFFIXES) if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.away${suffix}`);
  mkdirSync(path);
}

/** Undoes {@link takeAway}. */
export function bringBack(directory: string, tier: 'l2' | 'l3'): void {
  if (tier === 'l2') {
    unlinkSync(filesOf(directory));
    renameSync(`${filesOf(directory)}.away`, filesOf(directory));
    return;
  }
  const path = databaseOf(directory);
  rmdirSync(path);
  for (const suffix of SUFFIXES)
    if (existsSync(`${path}.away${suffix}`)) renameSync(`${path}.away${suffix}`, path + suffix);
}

/** The command line in front of a program for which the disk of a tier is full for some writes, from the `first` on. */
export function fullDisk(directory: string, tier: 'l2' | 'l3', backend: Backend, first: number): string[] {
  const folder = filesOf(directory);
  const paths = tier === 'l3' ? SUFFIXES.map((suffix) => databaseOf(directory) + suffix) : filesIn(folder, backend);
  const range = `when=${first}..${first + 60}`;
  const calls = 'write,pwrite64';
  const onPaths = paths.flatMap((path) => ['-P', path]);
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=ENOSPC:${range}`];
  return ['strace', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', ...onPaths, ...inject];
}

function filesIn(folder: string, backend: Backend): string[] {
  const names = backend === 'sqlite' ? SUFFIXES.map((suffix) => `l2_cache.db${suffix}`) : readdirSync(folder);
  return names.map((name) => join(folder, name));
}

/** Waits until a process has written to its ledger. */
export async function hasBegun(ledger: string, isOver: () => boolean): Promise<void> {
  const size = existsSync(ledger) ? readFileSync(ledger).length : 0;
  while (!isOver() && readFileSync(ledger).length === size) await sleep(4);
}
