import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of a trial for a store of its own, made when it is asked for first. */
export async function subFolder({ directory }: { readonly directory: string }, name: string | number): Promise<string> {
  const path = join(directory, `store-${name}`);
  await mkdir(path, { recursive: true });
  return path;
}
