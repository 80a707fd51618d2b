import { parseArgs } from 'node:util';
import { explain, type Failure, failingSeeds } from './explore/explore.ts';
import { type ExploreConfig, FAULTS, isFault, promisedFaults } from './explore/script.ts';
import { makeAgreement } from './protocol/agreement.ts';
import { isRule, RULES } from './protocol/rules.ts';

const list = (names: Readonly<Record<string, string>>) =>
  Object.entries(names)
    .map(([name, text]) => `  ${name.padEnd(18)}${text}`)
    .join('\n');

const HELP = `Plays random histories of processes that share the tiers of a stack, and prints the shortest one in which an answer
cannot be explained. Exit code 0: every history is explained; 1: one is not; 2: wrong usage.

  pnpm --filter @pw/agreement-model model [options]

  --seeds N          how many histories (default 20000)
  --from N           the first seed (default 1)
  --lag N            for how many steps memory may lag behind other processes (default 0: every read asks)
  --middles N        1 or 2 persistent tiers above the base (default 1)
  --two-stacks       one of the processes has a middle of its own over the same base
  --procs N          1 to 3 processes (default: drawn for each history)
  --length N         the longest script has N + 8 actions (default 32)
  --keys a,b         the keys (default a,b)
  --keeps N          how many rows the log keeps that no tier needs (default 3)
  --faults a,b       what may go wrong (default: all but outages); see below
  --without a,b      rules to leave out; see below
  --rules            leaves out each rule in turn, and prints in how many histories it is missed
  --most N           stops after N failing histories (default 12)
  --each             prints every failing history, not just the shortest

Faults:
${list(FAULTS)}

Rules:
${list(RULES)}
`;

function usage(problem: string): never {
  process.stderr.write(`${problem}\nTry --help.\n`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '20000' },
        from: { type: 'string', default: '1' },
        lag: { type: 'string', default: '0' },
        middles: { type: 'string', default: '1' },
        'two-stacks': { type: 'boolean', default: false },
        procs: { type: 'string' },
        length: { type: 'string', default: '32' },
        keys: { type: 'string', default: 'a,b' },
        keeps: { type: 'string', default: '3' },
        faults: { type: 'string' },
        without: { type: 'string', default: '' },
        rules: { type: 'boolean', default: false },
        most: { type: 'string', default: '12' },
        each: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const values = parse();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

function whole(name: string, text: string, least: number, greatest = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  const range = greatest < Number.MAX_SAFE_INTEGER ? `from ${least} to ${greatest}` : `of at least ${least}`;
  if (!Number.isSafeInteger(value) || value < least || value > greatest)
    usage(`--${name} must be a whole number ${range}, not ${text}`);
  return value;
}

function names<T extends string>(option: string, text: string, isKnown: (name: string) => name is T): T[] {
  return text
    .split(',')
    .filter((name) => name !== '')
    .map((name) => (isKnown(name) ? name : usage(`--${option}: "${name}" is unknown`)));
}

const [firstKey = 'a', ...otherKeys] = values.keys.split(',');
const config: ExploreConfig = {
  keys: [firstKey, ...otherKeys],
  lag: whole('lag', values.lag, 0),
  middles: whole('middles', values.middles, 1, 2),
  twoStacks: values['two-stacks'],
  procs: values.procs === undefined ? undefined : whole('procs', values.procs, 1, 3),
  length: whole('length', values.length, 1),
  keeps: whole('keeps', values.keeps, 0),
  faults: names('faults', values.faults ?? promisedFaults.join(), isFault),
  without: new Set(names('without', values.without, isRule)),
};
const from = whole('from', values.from, 0);
const seeds = whole('seeds', values.seeds, 1);
const most = whole('most', values.most, 1);

if (values.rules) missRules();
else exploreOnce();

function exploreOnce(): void {
  let shortest: Failure | undefined;
  let failed = 0;
  for (const seed of failingSeeds(makeAgreement, config, from, seeds, most)) {
    failed++;
    const failure = explain(makeAgreement, config, seed);
    if (values.each) print(failure);
    if (shortest === undefined || failure.actions.length < shortest.actions.length) shortest = failure;
  }
  if (shortest !== undefined && !values.each) print(shortest);
  const count = failed === most ? `at least ${failed}` : String(failed);
  process.stdout.write(`${count} of ${seeds} histories are not explained\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function print({ seed, actions, trace, violation }: Failure): void {
  const end = trace.findIndex((line) => line.includes('all is well'));
  const isTold = (line: string) => !/ (begins|lock|keys)|marks|changes/.test(line);
  const at = Number(/at (\d+)\.\./.exec(violation)?.[1] ?? Number.MAX_SAFE_INTEGER);
  const after = trace.slice(end).filter((line) => isTold(line) && Number.parseInt(line, 10) <= at + 20);
  const script = actions.map((action) => `  ${JSON.stringify(action)}`);
  process.stdout.write(`${[`seed ${seed}:`, ...script, ...trace.slice(0, end), ...after, violation].join('\n')}\n\n`);
}

function missRules(): void {
  for (const [rule, text] of Object.entries(RULES)) {
    const left = { ...config, without: new Set([...config.without, rule]) };
    const found = [...failingSeeds(makeAgreement, left, from, seeds, most)];
    const count =
      found.length === 0 ? 'never missed' : `missed in ${found.length} histories, first in that of seed ${found[0]}`;
    process.stdout.write(`${rule.padEnd(18)}${count.padEnd(52)}${text}\n`);
  }
}
