import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScenarioResult } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

const CHILD = join(import.meta.dirname, '..', 'child.ts');
const LONGEST_MS = 600_000;

/** Runs a scenario in its own process; a crash is reported as an error of the scenario. */
export function runInChild({ name, about }: Scenario, quick: boolean): Promise<ScenarioResult> {
  return new Promise((resolve) => {
    let result: ScenarioResult | undefined;
    const child = start(name, quick ? 'quick' : 'full');
    child.on('message', (message) => {
      result = message as ScenarioResult;
    });
    child.on('exit', (code, signal) => {
      const error = `the process ended without a result (${signal ?? `exit code ${code}`})`;
      resolve(result ?? { name, about, figures: [], goals: [], warnings: [], error, seconds: 0 });
    });
  });
}

/** Profiles our contenders of a scenario in its own process, which prints the profiles. */
export function profileInChild({ name }: Scenario): Promise<void> {
  return new Promise((resolve) => void start(name, 'profile').on('exit', () => resolve()));
}

function start(name: string, mode: 'full' | 'quick' | 'profile'): ChildProcess {
  return fork(CHILD, [name, mode], {
    execArgv: ['--conditions=@pw/source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
    // Shared modules are compiled once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'pw-bench-modules') },
    timeout: LONGEST_MS,
  });
}
