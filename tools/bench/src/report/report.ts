import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { ScenarioResult } from '../run/run-scenario.ts';

/** When and on which machine a run took place. */
export interface RunOrigin {
  readonly date: string;
  /** The checked-out commit, followed by `+` if files differed from it. */
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly quick: boolean;
}

export interface Report {
  readonly origin: RunOrigin;
  readonly scenarios: readonly ScenarioResult[];
}

export function runOrigin(quick: boolean): RunOrigin {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: currentCommit(),
    node: process.version,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    platform: `${process.platform} ${process.arch}`,
    quick,
  };
}

function currentCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return (
      git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    );
  } catch {
    return 'unknown';
  }
}
