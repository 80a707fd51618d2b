import { fstatSync } from 'node:fs';

/** The bytes of stdin. If stdin is a directory, reading it fails; Node.js would provide an empty stream. */
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

// biome-ignore lint/correctness/useYield: it fails before it can yield.
async function* failing(): AsyncGenerator<Uint8Array> {
  throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), { code: 'EISDIR' });
}
