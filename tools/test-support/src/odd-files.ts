import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/** Everything that can be in the place of a regular file, and a regular file that is impossibly large. */
export const ODD_FILES = [
  'pipe',
  'socket',
  'device',
  'folder',
  'link',
  'link to nowhere',
  'link to itself',
  'huge file',
] as const;
export type OddFile = (typeof ODD_FILES)[number];

const HUGE = 8 * 2 ** 30;
const MAKE_SOCKET =
  "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

/**
 * Creates an odd file at a path, in place of whatever exists there. A `link` points to `victim`. Throws where the
 * system does not allow it.
 */
export function makeOddFile(kind: OddFile, path: string, victim: string): void {
  rmSync(path, { recursive: true, force: true });
  if (kind === 'pipe') run('mkfifo', path);
  // The process that listens is killed, so that the socket's file remains.
  else if (kind === 'socket') run(process.execPath, '-e', MAKE_SOCKET, path);
  else if (kind === 'device') run('mknod', path, 'c', '1', '5');
  else if (kind === 'folder') mkdirSync(path);
  else if (kind === 'huge file') {
    writeFileSync(path, '');
    truncateSync(path, HUGE);
  } else symlinkSync({ link: victim, 'link to nowhere': `${victim}.nowhere`, 'link to itself': path }[kind], path);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
    throw new Error(`could not create a ${kind} at ${path}`);
}

/** True if a path is still what `makeOddFile` created. */
export function isOddFile(kind: OddFile, path: string, victim: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (kind === 'pipe') return found.isFIFO();
  if (kind === 'socket') return found.isSocket();
  if (kind === 'device') return found.isCharacterDevice();
  if (kind === 'folder') return found.isDirectory();
  if (kind === 'huge file') return found.size === HUGE;
  return (
    found.isSymbolicLink() &&
    (kind !== 'link' || (readlinkSync(path) === victim && readFileSync(victim, 'utf8') !== ''))
  );
}

function run(command: string, ...args: string[]): void {
  const { status, signal, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0 && signal !== 'SIGKILL') throw new Error(`${command} failed: ${stderr}`);
}
