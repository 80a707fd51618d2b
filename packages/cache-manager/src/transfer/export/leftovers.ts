import { randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, ownIdentity, type ProcessIdentity } from '@pw/cache-models';

// Of a process that cannot be seen from here, such as one on another machine: a writer touches its file all the time.
const ABANDONED_MS = 3_600_000;
const NAME = /^\.pw-export\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{12}\.tmp$/;

/** A name for a file that this process writes, which tells others whether it is still being written. */
export function temporaryName(): string {
  const { space, pid, start } = ownIdentity();
  return `.pw-export.${space}.${pid}.${start}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Removes what exports left in a folder whose processes have ended. What cannot be removed is no reason not to export. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const writer = writerOf(name);
    if (writer === undefined) continue;
    const path = join(folder, name);
    if (hasEnded(writer) || (await isAbandoned(path))) await unlink(path).catch(() => {});
  }
}

function writerOf(name: string): ProcessIdentity | undefined {
  const [, space, pid, start] = NAME.exec(name) ?? [];
  return space === undefined ? undefined : { space, pid: Number(pid), start: Number(start) };
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}
