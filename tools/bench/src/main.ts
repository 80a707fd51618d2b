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

Runs the scenarios whose names begin with one of the given names; without, all but those that fill stores with up to a
million entries: a few minutes. Writes bench-some.json and bench-some.md, or bench (with --all), bench-quick, and bench-part
for a run of named scenarios.

  --quick   smaller data and shorter rounds: under a minute, to see that all is right
  --all     every scenario in full size, some twenty minutes: what docs/performance.md is made of
  --list    only name the scenarios
  --profile tell where our own time goes, and measure nothing
  --out     where the report goes; default reports/ at the root`;

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
    console.error('--quick and --all exclude each other.');
    return 2;
  }
  if (named.length === 0) {
    console.error('No scenario is called so; --list names them all.');
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

/** Writes the report. Fails only for what is wrong, never for what is slow. */
function finish(report: Report): number {
  mkdirSync(values.out, { recursive: true });
  // A part of the scenarios must not stand where the whole run is looked for.
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
