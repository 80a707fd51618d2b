import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { BUGS } from '../../src/stack/operations/planted-bugs.ts';
import { randomOperations } from '../../src/stack/operations/random-operations.ts';

const program = await bundleProgram(join(import.meta.dirname, '../../src/stack/operations/operations-child.ts'));
const seed = Number(process.env['PW_SEED'] ?? Date.now() % 1e9);
const operations = Number(process.env['PW_OPERATIONS'] ?? count(750, 100_000));

describe(`${operations} operations of three processes, seed ${seed}`, { timeout: FULL_TIME }, () => {
  for (const backend of ['jsonl', 'sqlite'] as const)
    for (const stalenessMs of [100, 0])
      it(`are explained with ${backend}, and reads that lag by at most ${stalenessMs} ms`, async () => {
        const { problems } = await randomOperations({ program, backend, operations, stalenessMs, seed });
        expect(problems.join('\n\n')).toBe('');
      });

  for (const bug of BUGS)
    it(`are not explained with the planted bug "${bug}"`, async () => {
      const options = { program, backend: 'sqlite', operations: 3_000, stalenessMs: 100, bug } as const;
      // Whether a bug shows depends on when each process gets its turn.
      let found: readonly unknown[] = [];
      for (let run = 0; run < 6 && found.length === 0; run++)
        found = (await randomOperations({ ...options, seed: seed + run })).problems;
      expect(found).not.toEqual([]);
    });
});
