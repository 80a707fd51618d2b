import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../ledger/ledger.ts';
import { type ChildEnd, runChild } from '../processes/run-child.ts';
import { straceCommand } from './strace.ts';
import { type Call, parseTrace } from './trace.ts';

export interface SweptScript {
  /**
   * Writes to the store in its first argument, keeps a ledger, and exits with 0 if it saw only what the contract
   * allows.
   */
  readonly script: string;
  readonly args?: readonly string[];
  /** Creates the initial store, without faults. */
  readonly prepare?: (directory: string) => Promise<void>;
  /** Opens the store that was left and returns its contents. */
  readonly survey: (directory: string, ledger: Ledger) => Promise<ReadonlyMap<string, string>>;
}

export interface Sweep extends SweptScript {
  /** The system call that fails, such as `pwrite64`. */
  readonly call: string;
  /** The injected fault: `error=ENOSPC`, `signal=SIGKILL`. */
  readonly fault: string;
  /** Every n-th call is tried: 1 means all. */
  readonly stride: number;
  /**
   * How many calls are tried beyond those of the undisturbed run, because a disturbed run may make more; fewer if a run
   * finishes without a hit.
   */
  readonly beyond: number;
}

export interface SweepReport {
  /** Runs in which a call on the store's folder was hit. */
  readonly hits: number;
  /** One line for each run that lost something or failed. */
  readonly failures: readonly string[];
}

/** The numbers of the calls that an undisturbed script makes on its store, by name. */
export type StoreCalls = ReadonlyMap<string, readonly number[]>;

/**
 * Runs the script undisturbed, to find the calls on its store: Node.js makes many others, some of which must not fail.
 * Throws if even this run breaks something.
 */
export async function callsOnStore(sweep: SweptScript, names: readonly string[]): Promise<StoreCalls> {
  const { ours, problem } = await runOnce(sweep, names, undefined);
  if (problem !== undefined) throw new Error(`the undisturbed run failed: ${problem}`);
  return ours;
}

/** Makes the first call on the store fail, then the second, … until a run finishes without being hit. */
export async function sweepCalls(sweep: Sweep, undisturbed: StoreCalls): Promise<SweepReport> {
  const known = undisturbed.get(sweep.call) ?? [];
  const failures: string[] = [];
  let hits = 0;
  for (const n of numbers(known, sweep)) {
    const inject = `${sweep.call}:${sweep.fault}:when=${n}`;
    let run = await runOnce(sweep, [sweep.call], inject);
    // Node.js itself may have made one call more or fewer in this run.
    for (let again = 0; run.hit === 'elsewhere' && again < 5; again++) run = await runOnce(sweep, [sweep.call], inject);
    if (run.hit === 'store') hits++;
    if (run.hit === 'store' && run.problem !== undefined)
      failures.push(`${sweep.call} ${n} ${sweep.fault}: ${run.problem}`);
    if (n > (known.at(-1) ?? 0) && run.hit === 'none') break;
  }
  return { hits, failures };
}

/** Every stride-th call of the undisturbed run, then those that a disturbed run may add at its end. */
function* numbers(known: readonly number[], { stride, beyond }: Sweep): Generator<number> {
  const last = known.at(-1) ?? 0;
  // The first call is special: it opens the store or reads its header. The others start in the middle of a stride.
  if (stride > 1 && known.length > 0) yield known[0]!;
  for (let at = Math.min(stride >> 1, known.length >> 1); at < known.length; at += stride) yield known[at]!;
  for (let n = last + 1; n <= last + beyond; n++) yield n;
}

interface Run {
  readonly hit: 'none' | 'elsewhere' | 'store';
  readonly problem: string | undefined;
  /** The numbers, from 1, of the main thread's calls on the store. */
  readonly ours: StoreCalls;
}

async function runOnce(sweep: SweptScript, names: readonly string[], inject: string | undefined): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'pw-sweep-'));
  const [directory, ledger, log] = [join(folder, 'store'), join(folder, 'ledger'), join(folder, 'trace')];
  try {
    await sweep.prepare?.(directory);
    const wrapper = straceCommand(log, names, inject);
    const end = await runChild(sweep.script, [directory, ...(sweep.args ?? [])], { wrapper, ledger });
    const { hit, ours, isKilled } = inspectTrace(readFileSync(log, 'utf8'), hexOf(directory), end);
    const problem = hit === 'elsewhere' ? undefined : await judge(sweep, directory, ledger, end, isKilled);
    return { hit, problem, ours };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inspectTrace(log: string, store: string, end: ChildEnd) {
  const all = parseTrace(log);
  const calls = all.filter(({ thread }) => thread === all[0]!.thread);
  const isOnStore = ({ args }: Call) => args.join(' ').includes(store);
  const isKilled = !end.isTimedOut && (end.signal === 'SIGKILL' || end.code === 137);
  const hitCall = isKilled ? calls.at(-1) : calls.find(({ isInjected }) => isInjected);
  // strace counts calls per thread, so the fault may hit another thread of Node.js. These threads wake each other by
  // writing, and do not survive a fault.
  const isStray = all.some((call) => call.isInjected && call.thread !== all[0]!.thread && !isOnStore(call));
  const hit: Run['hit'] = isStray
    ? 'elsewhere'
    : hitCall === undefined
      ? 'none'
      : isOnStore(hitCall)
        ? 'store'
        : 'elsewhere';
  const ours = new Map<string, number[]>();
  const seen = new Map<string, number>();
  for (const call of calls) {
    const n = (seen.get(call.name) ?? 0) + 1;
    seen.set(call.name, n);
    if (isOnStore(call)) ours.set(call.name, [...(ours.get(call.name) ?? []), n]);
  }
  return { hit, isKilled, ours };
}

async function judge(sweep: SweptScript, directory: string, path: string, end: ChildEnd, isKilled: boolean) {
  if (end.isTimedOut) return 'timed out';
  if (!isKilled && end.code !== 0) return `ended with ${end.code ?? end.signal}: ${end.errors.slice(0, 2000)}`;
  const text = readFileSync(path, 'utf8');
  const ledger = new Ledger(text.slice(0, text.lastIndexOf('\n') + 1));
  try {
    const broken = ledger.broken(await sweep.survey(directory, ledger));
    return broken.length > 0 ? `lost ${broken.join(' ')}` : undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** A path as `strace -xx` prints it. */
function hexOf(text: string): string {
  return Buffer.from(text).toString('hex').replaceAll(/../g, '\\x$&');
}
