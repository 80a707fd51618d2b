import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from '../ledger/ledger.ts';
import { Random } from '../random.ts';
import { startChild } from './run-child.ts';

export interface KillLoop {
  readonly runs: number;
  /** Goes on beyond `runs` until so many writes were acknowledged: a busy machine lets few through before each kill. Default 0. */
  readonly acknowledged?: number;
  readonly seed: number;
  /** Writes for ever to the store in the folder that is its first argument, with a ledger on standard output. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Milliseconds within which, after its first acknowledgement, a writer dies. */
  readonly within: number;
  /** Opens the store that was left, and tells what it holds; may go on to check that it can be written. */
  readonly survey: (directory: string, ledger: Ledger) => Promise<ReadonlyMap<string, string>>;
}

export interface KillReport {
  readonly acknowledged: number;
  /** One line for each run that lost something, with its seed. */
  readonly losses: readonly string[];
}

/** Runs, as a multiple of those asked for, after which a writer that acknowledges hardly anything is at fault itself. */
const MOST_RUNS = 10;

/** Starts a writer, kills it by SIGKILL at a random moment, and compares what is left with what it was promised; again and again. */
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
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${errors}`);
  return new Ledger(wholeLines(readFileSync(path, 'utf8')));
}

/** A kill may have cut the last line. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
