import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { errorCode } from '../errors/error-code.ts';

/** Identifies a process among all that may share a folder, including those of other machines and containers. */
export interface ProcessIdentity {
  /** Identifies the machine, boot and PID namespace in which `pid` is unique: 8 hex digits. */
  readonly space: string;
  readonly pid: number;
  /** Start time in the system's own unit, because PIDs are reused. 0 where the system does not report it. */
  readonly start: number;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { space: ownSpace(), pid: process.pid, start: statusOf(process.pid)?.start ?? 0 };
}

/**
 * As {@link ownIdentity}, but `undefined` unless boot, PID namespace and start time could all be read from a `/proc` of
 * this process's own namespace: a container may see the `/proc` of its host.
 */
export function certainIdentity(): ProcessIdentity | undefined {
  if (spaceText() === undefined || statusOf('self')?.pid !== process.pid) return undefined;
  const own = ownIdentity();
  return own.start === 0 ? undefined : own;
}

/** PIDs are 1 or more: `kill` interprets 0 and negative numbers as process groups. */
const IDENTITY: ArgumentKind = Object.freeze({
  wanted: 'must be { space: a string, pid: a whole number of 1 or more, start: a number }',
  isRight: (value: unknown) => {
    if (!Kinds.object.isRight(value)) return false;
    const { space, pid, start } = value as ProcessIdentity;
    const isPid = Number.isSafeInteger(pid) && pid >= 1 && pid < 2 ** 31;
    return typeof space === 'string' && isPid && Kinds.number.isRight(start);
  },
});

/** True if the process has certainly ended; false if it runs, or if its state cannot be seen from here. */
export function hasEnded(identity: ProcessIdentity): boolean {
  checkArgument('identity', identity, IDENTITY);
  const { space, pid, start } = identity;
  if (space !== ownSpace()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists, but may not be signalled.
    return errorCode(error) === 'ESRCH';
  }
  const status = statusOf(pid);
  if (status === undefined) return false;
  return status.isZombie || (start !== 0 && status.start !== start);
}

/** One boot of one kernel and one PID namespace; the host name where `/proc` is not available. */
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
  // The fields follow the program's name in brackets, which may itself contain anything, brackets included.
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
