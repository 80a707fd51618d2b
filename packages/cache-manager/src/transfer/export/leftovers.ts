import { randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, ownIdentity, type ProcessIdentity } from '@pw/cache-models/tier';

// How long an untouched file is kept if its process cannot be checked, for example because it runs on another machine.
// A live writer modifies its file far more often.
const ABANDONED_MS = 3_600_000;
const NAME = /^\.pw-export\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{12}\.tmp$/;

/** A name that identifies this process, so that others can tell whether the file is still being written. */
export function temporaryName(): string {
  const { space, pid, start } = ownIdentity();
  return `.pw-export.${space}.${pid}.${start}.${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Removes temporary files of exports whose processes have ended. A file that cannot be removed does not prevent an
 * export.
 */
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
