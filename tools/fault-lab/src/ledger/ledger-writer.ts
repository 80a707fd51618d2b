import { writeSync } from 'node:fs';

/** Standard output, which the parent redirected to a file outside the store, where it outlives the writer. */
const LEDGER = 1;

/**
 * Records a change, makes it, and records that it was acknowledged unless `change` returns false. Passes its error on.
 */
export async function note(key: string, value: string, change: () => Promise<boolean> | boolean): Promise<boolean> {
  write(`begin ${key} ${value}\n`);
  const done = await change();
  if (done) write(`done ${key} ${value}\n`);
  return done;
}

/** Like {@link note}, for changes that are acknowledged together. */
export async function noteAll(
  changes: readonly (readonly [key: string, value: string])[],
  change: () => Promise<readonly boolean[]> | readonly boolean[],
): Promise<readonly boolean[]> {
  for (const [key, value] of changes) write(`begin ${key} ${value}\n`);
  const done = await change();
  for (const [at, [key, value]] of changes.entries()) if (done[at]) write(`done ${key} ${value}\n`);
  return done;
}

/** Repeats a failed write: an injected fault may hit the ledger instead of the store. */
function write(line: string): void {
  try {
    writeSync(LEDGER, line);
  } catch {
    writeSync(LEDGER, line);
  }
}
