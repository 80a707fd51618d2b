import { ALL_MUTANTS } from './all-mutants.ts';
import { failing, testsFor } from './run-kit.ts';

// Runs under plain Node.js, which keeps the query of a module's URL. Prints one line of JSON per mutant, with the
// failure messages. The arguments: which part of the mutants, of how many, and the `execArgv` of child processes.
const [part = '0', parts = '1', execArgv = '["--conditions=@pw/source"]'] = process.argv.slice(2);
for (const [at, mutant] of ALL_MUTANTS.entries()) {
  if (at % Number(parts) !== Number(part)) continue;
  const { group, name } = mutant.caughtBy;
  const tests = (await testsFor(mutant, JSON.parse(execArgv) as string[])).filter(
    (test) => test.group === group && test.name === name,
  );
  const caught = await failing(tests);
  console.log(
    JSON.stringify({ mutant: mutant.name, checks: tests.length, caught: caught.map(({ message }) => message) }),
  );
}
