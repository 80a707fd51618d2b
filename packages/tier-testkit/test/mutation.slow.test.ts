import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleTierModule } from '@pw/test-support';
import { expect, it } from 'vitest';

interface Verdict {
  readonly mutant: string;
  /** The number of checks with the name that the mutant expects. */
  readonly checks: number;
  /** Their failure messages. */
  readonly caught: readonly string[];
}

const JUDGE = fileURLToPath(new URL('./mutants/judge-child.ts', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

async function judge(part: number, parts: number, execArgv: readonly string[]): Promise<Verdict[]> {
  const argv = ['--conditions=@pw/source', JUDGE, String(part), String(parts), JSON.stringify(execArgv)];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
}

it('catches each planted bug with the check named for the broken behaviour', async () => {
  const parts = Math.min(4, availableParallelism());
  const execArgv = await bundleTierModule(new URL('./mutants/make-mutant.ts', import.meta.url));
  const judges = Array.from({ length: parts }, (_, part) => judge(part, parts, execArgv));
  const verdicts = (await Promise.all(judges)).flat();
  const named = (names: readonly Verdict[]) => names.map(({ mutant }) => mutant);
  const survivors = verdicts.filter(({ caught }) => caught.length === 0);
  console.log(`kit: ${verdicts.length - survivors.length} of ${verdicts.length} planted bugs caught`);
  expect(named(verdicts.filter(({ checks }) => checks !== 1))).toEqual([]);
  expect(named(survivors)).toEqual([]);
  // The README states the number of planted bugs.
  expect(README).toContain(`${verdicts.length} of ${verdicts.length}`);
}, 300_000);
