import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Puts a folder in place of the file, which can then be neither read nor replaced. */
export function breakStore(directory: string): void {
  const path = join(directory, 'entries.json');
  moveIfThere(path, `${path}.away`);
  mkdirSync(path);
}

export function mendStore(directory: string): void {
  const path = join(directory, 'entries.json');
  rmSync(path, { recursive: true });
  moveIfThere(`${path}.away`, path);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
