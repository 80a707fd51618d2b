import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from '../../processes/run-child.ts';
import { checkOperations } from './check-operations.ts';
import type { Protocol } from './operation.ts';
import type { OperationsSpec } from './operations-child.ts';
import type { Bug } from './planted-bugs.ts';

export interface RandomOperations {
  /** The program `operations-child.ts`. */
  readonly program: string;
  readonly backend: 'jsonl' | 'sqlite';
  /** Of all processes together. */
  readonly operations: number;
  readonly stalenessMs: number;
  readonly seed: number;
  readonly bug?: Bug | undefined;
}

const PROCESSES = 3;
const KEYS = 20;
/** For a process that waits for a processor for less time than what counts as a stall. */
const SLACK_MS = 30;
/** Time for all processes to open the cache, in milliseconds. */
const OPENING_MS = 1_500;

/** Makes three processes work on the same keys, and then a fourth read them. Returns what no order explains. */
export async function randomOperations(options: RandomOperations) {
  const { bug, operations, program, seed, stalenessMs } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pw-operations-'));
  try {
    const go = join(folder, 'go');
    const keys = Array.from({ length: KEYS }, (_, i) => `k${i}`);
    const start = (process: number, count: number) => {
      const spec: OperationsSpec = {
        directory: join(folder, 'store'),
        backend: options.backend,
        process,
        seed: seed + process,
        keys,
        operations: count,
        stalenessMs,
        go,
        bug,
      };
      const ledger = join(folder, `operations-${process}`);
      // A minute, and 30 ms for each operation.
      const timeout = 60_000 + operations * 30;
      return startChild(program, [JSON.stringify(spec)], { ledger, timeout }).end.then(({ code, errors }) => {
        if (code !== 0) throw new Error(`process ${process} ended with ${code}: ${errors}`);
        return JSON.parse(readFileSync(ledger, 'utf8')) as Protocol;
      });
    };
    const share = Math.ceil(operations / PROCESSES);
    const running = Array.from({ length: PROCESSES }, (_, i) => start(i, share));
    await sleep(OPENING_MS);
    writeFileSync(go, '');
    const all = await Promise.all(running);
    all.push(await start(PROCESSES, 0));
    const made = all.flatMap((one) => one.operations);
    const problems = checkOperations(made, (process) => all[process]!.stalls, { stalenessMs, slackMs: SLACK_MS });
    return { operations: made.length, stalls: all.flatMap(({ stalls }) => stalls).length, problems };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
