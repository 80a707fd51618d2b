import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Creates a folder for a separate store inside the folder of a trial. */
export async function subFolder({ directory }: { readonly directory: string }, name: string | number): Promise<string> {
  const path = join(directory, `store-${name}`);
  await mkdir(path, { recursive: true });
  return path;
}
