import { join } from 'node:path';
import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import type { BlindRead } from './blind-reader.ts';
import { runNode } from './child-process.ts';
import type { ColdRead } from './cold-reader.ts';
import { check, count, heading, line, milliseconds } from './screen.ts';

/** Reads everything again in a process that has nothing but the files and the key. */
export async function readAfterRestart(key: string, expected: number): Promise<void> {
  heading('Restart', 'Another process opens the same files; only they and the key outlive this one.');
  const program = join(import.meta.dirname, 'cold-reader.ts');
  const cold = JSON.parse(await runNode(program, [], { [CURRENT_KEY_VARIABLE]: key })) as ColdRead;
  line(`open  ${milliseconds(cold.openMs)}, first read ${milliseconds(cold.firstMs)} from ${cold.firstTier}`);
  line(`read  ${count(cold.found)} proxies in ${milliseconds(cold.totalMs)}: ${cold.byTier.join(', ')}`);
  check(cold.found === expected, `all ${count(expected)} proxies of http.txt are there again`);
  check(cold.opened === 7, `${cold.opened} credentials opened with the key`);
  const blind = JSON.parse(await runNode(join(import.meta.dirname, 'blind-reader.ts'), [], {})) as BlindRead;
  check(blind.opened === 0 && blind.found === expected, 'without the key: none, and the other proxies as ever');
}
