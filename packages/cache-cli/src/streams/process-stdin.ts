import { fstatSync } from 'node:fs';

/** Bytes of the process's stdin. That of a directory fails, as reading one does; Node has an empty stream in its place. */
export function stdinOfProcess(): AsyncIterable<Uint8Array> {
  return isDirectory() ? failing() : process.stdin;
}

function isDirectory(): boolean {
  try {
    return fstatSync(0).isDirectory();
  } catch {
    return false;
  }
}

// biome-ignore lint/correctness/useYield: it fails before it has anything to give.
async function* failing(): AsyncGenerator<Uint8Array> {
  throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), { code: 'EISDIR' });
}
