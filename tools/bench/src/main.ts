import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportMarkdown, scenarioMarkdown } from './report/markdown.ts';
import { type Report, runOrigin } from './report/report.ts';
import { profileInChild, runInChild } from './run/run-in-child.ts';
import type { ScenarioResult } from './run/run-scenario.ts';
import type { Scenario } from './run/scenario.ts';
import { scenarios } from './scenarios.ts';

const HELP = `bench [--quick | --all] [--list] [--profile] [--out FOLDER] [NAME…]

Runs the scenarios whose names start with one of the given names. Without names, runs all but those that fill stores
with up to a million entries, which takes a few minutes. Writes the report as JSON and Markdown: bench-part if names are
given, otherwise bench with --all, bench-quick with --quick, and bench-some without either.

  --quick   smaller data and shorter rounds, under a minute: checks that every scenario works
  --all     every scenario in full size, about twenty minutes: the source of docs/performance.md
  --list    list the scenarios and exit
  --profile show where the time of our contenders goes, instead of measuring
  --out     folder of the report; default: reports/ at the root of the repository`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, '..', '..', '..', 'reports') },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  if (values.help) return say(HELP);
  const named = scenarios.filter(({ name }) => positionals.length === 0 || positionals.some((p) => name.startsWith(p)));
  if (values.list) return say(named.map(({ name, about }) => `${name}: ${about}`).join('\n'));
  if (values.quick && values.all) {
    console.error('--quick and --all cannot be combined. Use one of them.');
    return 2;
  }
  if (named.length === 0) {
    console.error('No scenario has a name like this. Run with --list to see all names.');
    return 2;
  }
  if (values.profile) {
    for (const scenario of named) await profileInChild(scenario);
    return 0;
  }
  const chosen = named.filter((scenario) => isWanted(scenario));
  const results: ScenarioResult[] = [];
  for (const scenario of chosen) {
    const result = await runInChild(scenario, values.quick);
    console.log(`${scenarioMarkdown(result)}\n`);
    results.push(result);
  }
  return finish({ origin: runOrigin(values.quick), scenarios: results });
}

function isWanted({ fullOnly = false, isLarge = false }: Scenario): boolean {
  if (values.quick) return !fullOnly;
  return values.all || positionals.length > 0 || !(fullOnly || isLarge);
}

/** Writes the report, and returns the exit code: 1 if a scenario was wrong, never because one was slow. */
function finish(report: Report): number {
  mkdirSync(values.out, { recursive: true });
  // A partial run must not overwrite the report of a full one.
  const whole = values.quick ? 'bench-quick' : values.all ? 'bench' : 'bench-some';
  const name = positionals.length > 0 ? 'bench-part' : whole;
  writeFileSync(join(values.out, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(values.out, `${name}.md`), reportMarkdown(report));
  const goals = report.scenarios.flatMap((result) => result.goals);
  const met = goals.filter(({ verdict }) => verdict === 'met').length;
  const wrong = report.scenarios.filter(({ error }) => error !== undefined);
  console.log(`${report.scenarios.length} scenarios, ${met} of ${goals.length} goals met, ${wrong.length} wrong`);
  for (const { name } of wrong) console.log(`wrong: ${name}`);
  return wrong.length === 0 ? 0 : 1;
}

function say(text: string): number {
  console.log(text);
  return 0;
}
