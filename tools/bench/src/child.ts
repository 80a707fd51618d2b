import { profileScenario, runScenario } from './run/run-scenario.ts';
import { scenarios } from './scenarios.ts';

// One scenario in a process of its own: what V8 learnt from the others, and their heap, stays out of its figures.
const [name, mode] = process.argv.slice(2);
const scenario = scenarios.find((candidate) => candidate.name === name);
if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
if (mode === 'profile') {
  console.log(`${await profileScenario(scenario)}\n`);
  process.exit(0);
}
const result = await runScenario(scenario, mode === 'quick');
process.send?.(result, () => process.exit(0));
