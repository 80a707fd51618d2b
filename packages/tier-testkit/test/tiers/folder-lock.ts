import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/**
 * Takes a folder's lock and gives the function that gives it back. The lock is a folder that holds one file, whose name is
 * its owner's: renaming a ready one into place fails while there is another, and what a dead process left is removed by
 * its name, so that nobody removes the lock of a rival.
 */
export async function lockFolder(directory: string): Promise<() => void> {
  const lock = join(directory, 'lock');
  const owner = `${process.pid}.${randomUUID()}`;
  const ready = join(directory, `lock.${owner}`);
  mkdirSync(ready, { recursive: true });
  writeFileSync(join(ready, owner), '');
  for (let waited = 0; !takes(ready, lock); waited++) {
    for (const other of ownersOf(lock)) if (!lives(other)) rmSync(join(lock, other), { force: true });
    if (waited > PATIENCE_MS) {
      rmSync(ready, { recursive: true, force: true });
      throw new Error('the lock was never free');
    }
    await setTimeout(1);
  }
  return () => {
    rmSync(join(lock, owner), { force: true });
    removeIfEmpty(lock);
  };
}

function takes(ready: string, lock: string): boolean {
  try {
    renameSync(ready, lock);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
}

function ownersOf(lock: string): string[] {
  try {
    return readdirSync(lock);
  } catch {
    return [];
  }
}

function lives(owner: string): boolean {
  try {
    return process.kill(Number.parseInt(owner, 10), 0);
  } catch {
    return false;
  }
}

function removeIfEmpty(lock: string): void {
  try {
    rmdirSync(lock);
  } catch {
    // Somebody has it already.
  }
}
