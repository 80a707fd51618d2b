import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

interface Verdict {
  readonly mutant: string;
  /** How many checks of the kit have the name that the mutant was planted for. */
  readonly checks: number;
  /** What they said. */
  readonly caught: readonly string[];
}

const JUDGE = fileURLToPath(new URL('./mutants/judge-child.ts', import.meta.url));

it('catches each planted bug by the check whose name says it', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pw/source', JUDGE], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const verdicts = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
  const judged = verdicts.filter(({ checks }) => checks === 1);
  const survivors = judged.filter(({ caught }) => caught.length === 0).map(({ mutant }) => mutant);
  console.log(`kit: ${judged.length - survivors.length} of ${judged.length} planted bugs caught`);
  expect(survivors).toEqual([]);
  expect(judged.length).toBeGreaterThanOrEqual(50);
}, 300_000);
