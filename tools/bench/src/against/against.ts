import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const HELP = `bench:against FOLDER [--rounds N] [--only NAME]…

Compares the operations of the cache in this checkout with those in another one, such as a worktree of the commit before
with its dependencies installed. Each round runs both in processes of their own, in alternating order. Prints the ratio
of each operation, this checkout to the other, with its 95 % confidence interval.

  --rounds   how often the two take turns: 5 to 1000, default 20 (about fifteen minutes for all operations)
  --only     the operations whose names start with this; may be given several times; default: all of them

Example: git worktree add ../before HEAD~1 && (cd ../before && pnpm install) && pnpm bench:against ../before`;

type Times = Readonly<Record<string, number>>;

const HERE = join(import.meta.dirname, '..', '..', '..', '..');
const CHILD = join(import.meta.dirname, 'operations-child.ts');
const LONGEST_MS = 300_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '20' },
    only: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const [other] = positionals;
if (values.help || other === undefined) process.stdout.write(`${HELP}\n`);
else if (!Number.isInteger(rounds) || rounds < 5 || rounds > 1000) {
  process.stderr.write('--rounds: must be a whole number from 5 to 1000\n');
  process.exitCode = 2;
} else await compare(resolve(other));

async function compare(folder: string): Promise<void> {
  const pairs: (readonly [ours: Times, theirs: Times])[] = [];
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    if (round % 2 === 0) {
      const ours = await timesOf(HERE);
      pairs.push([ours, await timesOf(folder)]);
    } else {
      const theirs = await timesOf(folder);
      pairs.push([await timesOf(HERE), theirs]);
    }
  }
  process.stdout.write('| operation | this | other | ratio | 95 % interval |\n| --- | --: | --: | --: | --- |\n');
  for (const name of Object.keys(pairs[0]![0])) process.stdout.write(`${rowOf(name, pairs)}\n`);
}

async function timesOf(folder: string): Promise<Times> {
  const args = ['--conditions=@pw/source', '--disable-warning=ExperimentalWarning', CHILD, folder, ...values.only];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: LONGEST_MS });
  return JSON.parse(stdout) as Times;
}

/** The ratio is the geometric mean of the rounds' ratios; its interval assumes that their logarithms are normal. */
function rowOf(name: string, pairs: readonly (readonly [Times, Times])[]): string {
  const logs = pairs.map(([ours, theirs]) => Math.log(ours[name]! / theirs[name]!));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const margin = studentT(logs.length - 1) * Math.sqrt(variance / logs.length);
  const median = (index: 0 | 1) => pairs.map((pair) => pair[index][name]!).sort((a, b) => a - b)[pairs.length >> 1]!;
  const [low, high] = [Math.exp(mean - margin), Math.exp(mean + margin)];
  const times = `${median(0).toFixed(0)} ns | ${median(1).toFixed(0)} ns`;
  return `| ${name} | ${times} | ${Math.exp(mean).toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)} |`;
}

/**
 * The 97.5 % quantile of Student's t distribution, by its expansion around the normal quantile; right to 1 % from 4.
 */
function studentT(freedom: number): number {
  const z = 1.959964;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
