import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from '../ledger/ledger.ts';
import { Random } from '../random.ts';
import { startChild } from './run-child.ts';

export interface KillLoop {
  readonly runs: number;
  /**
   * Continues beyond `runs` until this many writes were acknowledged: on a busy machine few complete before each kill.
   *
   * @default 0
   */
  readonly acknowledged?: number;
  readonly seed: number;
  /** Writes to the store in its first argument until it is killed, with a ledger on standard output. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Milliseconds, from its first acknowledgement, within which a writer is killed. */
  readonly within: number;
  /** Opens the store that was left and returns its contents; may then check that it can be written. */
  readonly survey: (directory: string, ledger: Ledger) => Promise<ReadonlyMap<string, string>>;
}

export interface KillReport {
  readonly acknowledged: number;
  /** One line for each run that lost something, with its seed. */
  readonly losses: readonly string[];
}

/** The limit on runs, as a multiple of those requested; a writer that needs more is too slow to prove anything. */
const MOST_RUNS = 10;

/** Repeatedly starts a writer, kills it with SIGKILL at a random moment, and compares the store with its ledger. */
export async function killLoop(loop: KillLoop): Promise<KillReport> {
  const losses: string[] = [];
  let acknowledged = 0;
  for (let run = 0; run < loop.runs || acknowledged < (loop.acknowledged ?? 0); run++) {
    if (run === loop.runs * MOST_RUNS) throw new Error(`only ${acknowledged} writes acknowledged in ${run} runs`);
    const folder = mkdtempSync(join(tmpdir(), 'pw-kill-'));
    try {
      const ledger = await killOne(loop, folder, new Random(loop.seed + run));
      acknowledged += ledger.acknowledged;
      const broken = ledger.broken(await loop.survey(join(folder, 'store'), ledger));
      if (broken.length > 0) losses.push(`run ${run} of seed ${loop.seed}: ${broken.join(' ')}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { acknowledged, losses };
}

async function killOne(loop: KillLoop, folder: string, random: Random): Promise<Ledger> {
  const path = join(folder, 'ledger');
  const { child, end } = startChild(loop.script, [join(folder, 'store'), ...(loop.args ?? [])], { ledger: path });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  while (!isOver() && statSync(path).size === 0) await sleep(2);
  await sleep(random.next() * loop.within);
  child.kill('SIGKILL');
  const { signal, errors } = await end;
  if (signal !== 'SIGKILL') throw new Error(`the writer ended before it was killed: ${errors}`);
  return new Ledger(wholeLines(readFileSync(path, 'utf8')));
}

/** Without the last line if a kill cut it. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
