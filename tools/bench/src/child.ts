import { profileScenario, runScenario } from './run/run-scenario.ts';
import { scenarios } from './scenarios.ts';

// Runs one scenario in its own process, so that neither V8's feedback from other scenarios nor their heap affects it.
const [name, mode] = process.argv.slice(2);
const scenario = scenarios.find((candidate) => candidate.name === name);
if (scenario === undefined) throw new Error(`no scenario is named ${name}`);
if (mode === 'profile') {
  console.log(`${await profileScenario(scenario)}\n`);
  process.exit(0);
}
const result = await runScenario(scenario, mode === 'quick');
process.send?.(result, () => process.exit(0));
