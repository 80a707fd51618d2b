import { join } from 'node:path';
import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { runNode } from './child-process.ts';
import type { KeylessRead } from './keyless-reader.ts';
import type { RestartedRead } from './restarted-reader.ts';
import { check, count, heading, line, milliseconds } from './screen.ts';

/** Reads everything again in a process that has only the files and the key. */
export async function readAfterRestart(key: string, expected: number): Promise<void> {
  heading('Restart', 'A new process opens the same files with the same key.');
  const program = join(import.meta.dirname, 'restarted-reader.ts');
  const restarted = JSON.parse(await runNode(program, [], { [CURRENT_KEY_VARIABLE]: key })) as RestartedRead;
  line(
    `opened in ${milliseconds(restarted.openMs)}, first read in ${milliseconds(restarted.firstMs)} from ${restarted.firstTier}`,
  );
  line(`read ${count(restarted.found)} proxies in ${milliseconds(restarted.totalMs)}: ${restarted.byTier.join(', ')}`);
  check(restarted.found === expected, `all ${count(expected)} proxies of http.txt were found`);
  check(restarted.opened === 7, `${restarted.opened} entries with credentials were decrypted with the key`);
  const keyless = JSON.parse(await runNode(join(import.meta.dirname, 'keyless-reader.ts'), [], {})) as KeylessRead;
  check(
    keyless.opened === 0 && keyless.found === expected,
    'without the key: no entries with credentials, but all others',
  );
}
