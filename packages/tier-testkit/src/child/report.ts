import { writeSync } from 'node:fs';

/** Writes a JSON line to standard output. Once it returns, the line survives the death of this process. */
export function report(answer: unknown): void {
  let rest = Buffer.from(`${JSON.stringify(answer)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
