import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { errorCode } from '../errors/error-code.ts';

/** A process among all that may share a folder: those of other machines and containers too. */
export interface ProcessIdentity {
  /** Tells the sets of processes apart in which a number names one process: 8 hex digits. */
  readonly space: string;
  readonly pid: number;
  /** When it began, in the system's own unit: numbers are given out again. 0 where the system does not say. */
  readonly start: number;
}

export function ownIdentity(): ProcessIdentity {
  return { space: ownSpace(), pid: process.pid, start: statusOf(process.pid)?.start ?? 0 };
}

/**
 * As `ownIdentity`, but `undefined` unless the boot, the namespace of process numbers and the start were all read, from a `/proc` that
 * counts processes as this one does: a container may see the `/proc` of its host.
 */
export function certainIdentity(): ProcessIdentity | undefined {
  if (spaceText() === undefined || statusOf('self')?.pid !== process.pid) return undefined;
  const own = ownIdentity();
  return own.start === 0 ? undefined : own;
}

/** Process numbers are 1 or more: `kill` takes 0 and those below for groups of processes. */
const IDENTITY: ArgumentKind = Object.freeze({
  wanted: 'must be { space: a string, pid: a whole number of 1 or more, start: a number }',
  isRight: (value: unknown) => {
    if (!Kinds.object.isRight(value)) return false;
    const { space, pid, start } = value as ProcessIdentity;
    const isPid = Number.isSafeInteger(pid) && pid >= 1 && pid < 2 ** 31;
    return typeof space === 'string' && isPid && Kinds.number.isRight(start);
  },
});

/** True if a process has ended for sure; false if it runs, or cannot be seen from here. */
export function hasEnded(identity: ProcessIdentity): boolean {
  checkArgument('identity', identity, IDENTITY);
  const { space, pid, start } = identity;
  if (space !== ownSpace()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Whoever may not be signalled is there.
    return errorCode(error) === 'ESRCH';
  }
  const status = statusOf(pid);
  if (status === undefined) return false;
  return status.isZombie || (start !== 0 && status.start !== start);
}

/** One boot of one kernel and, on it, one namespace of process numbers; elsewhere the machine. */
function ownSpace(): string {
  return createHash('sha256')
    .update(spaceText() ?? hostname())
    .digest('hex')
    .slice(0, 8);
}

function spaceText(): string | undefined {
  return orUndefined(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid'));
}

interface ProcessStatus {
  readonly pid: number;
  readonly isZombie: boolean;
  readonly start: number;
}

function statusOf(pid: number | 'self'): ProcessStatus | undefined {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name of the program, which may hold anything, stands in brackets before what is asked for.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (text === undefined || fields?.[19] === undefined) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    start: Number(fields[19]),
  };
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
