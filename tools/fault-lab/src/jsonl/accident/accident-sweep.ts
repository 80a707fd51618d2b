import { join } from 'node:path';
import { bundleProgram } from '@pw/test-support';
import type { JsonlTierOptions } from '@pw/tier-jsonl';
import type { StopPoint } from '../../processes/stop-at-call.ts';
import { type Accident, type Outcome, runAccident } from './accident.ts';
import { ClientProcess } from './client-process.ts';
import { type Operation, RIVALS, type Steps } from './operations.ts';

export interface AccidentSweep {
  readonly operation: Operation;
  readonly signal: StopPoint['signal'];
  readonly lock: JsonlTierOptions['lock'];
  /**
   * Of the calls of each name, every n-th is interrupted. If n is 1, each is interrupted once before and once after it;
   * otherwise only once, alternately before and after it.
   */
  readonly stride: number;
  /** The sets of rivals. If the stride is 1, every accident is tried with each set; otherwise with one set, in turn. */
  readonly rivals: readonly (readonly Steps[])[];
  /**
   * Of the calls that the stride selects, interrupts only the first, third, … (0) or the second, fourth, … (1), and the
   * essential ones, so that two sweeps of similar operations can share the calls.
   *
   * @default all of them
   */
  readonly half?: 0 | 1;
  /** Ends the sweep after the first failure that matches: a control needs only one. */
  readonly enough?: RegExp;
}

/** A rival that writes, a rival that compacts, both. */
export const ALL_RIVALS: readonly (readonly Steps[])[] = [[RIVALS[0]!], [RIVALS[1]!], RIVALS];

export interface AccidentReport {
  /** Calls of the undisturbed operation. */
  readonly calls: number;
  /** Accidents that happened, because the operation reached their call. */
  readonly accidents: number;
  readonly acknowledged: number;
  /** The longest time, in milliseconds, from an accident to the first change of a rival that was acknowledged. */
  readonly delay: number;
  /** One line for each accident that broke something. */
  readonly failures: readonly string[];
}

/** Runs several accidents concurrently: they spend most of their time waiting for locks of stopped clients. */
export class AccidentLab {
  readonly #newClient: () => ClientProcess;
  readonly #atOnce: number;
  readonly #rivals: readonly ClientProcess[];
  readonly #idle: ClientProcess[] = [];

  private constructor(atOnce: number, newClient: () => ClientProcess) {
    this.#atOnce = atOnce;
    this.#newClient = newClient;
    this.#rivals = [newClient(), newClient()];
  }

  /** With `no check`, no client notices that its lock was taken over. */
  static async start(atOnce: number, mode: 'check' | 'no check' = 'check'): Promise<AccidentLab> {
    const source = join(import.meta.dirname, 'client-child.ts');
    // A client without the check patches modules of the tier, which it must therefore load one by one.
    const program = mode === 'check' ? await bundleProgram(source) : source;
    return new AccidentLab(atOnce, () => new ClientProcess(program, mode));
  }

  /** Stops or kills a client at the first call of an operation, then another at the second, … */
  async sweep(sweep: AccidentSweep, progress: (line: string) => void = () => {}): Promise<AccidentReport> {
    const { operation, signal, lock } = sweep;
    const calm = await this.run({ operation, rivals: ALL_RIVALS[2]!, lock });
    if (calm.problems.length > 0) throw new Error(`undisturbed, ${operation.name}: ${calm.problems.join('; ')}`);
    if (!calm.calls.includes(operation.essential))
      throw new Error(`${operation.name} makes no call of ${operation.essential}: ${calm.calls.join(' ')}`);
    const plans = [...plansOf(calm.calls, sweep)];
    const failures: string[] = [];
    let [accidents, acknowledged, delay, next] = [0, 0, 0, 0];
    const isEnough = () => sweep.enough !== undefined && failures.some((failure) => sweep.enough!.test(failure));
    const work = async () => {
      for (let at = next++; at < plans.length && !isEnough(); at = next++) {
        const { stop, rivals, name } = plans[at]!;
        const outcome = await this.run({ operation, lock, rivals, stop });
        if (outcome.isReached) accidents++;
        acknowledged += outcome.acknowledged;
        if (outcome.isReached && outcome.delay > delay) delay = outcome.delay;
        const { problems } = outcome;
        if (problems.length > 0)
          failures.push(`${signal} ${stop.side} call ${stop.at} (${name}), ${nameOf(rivals)}: ${problems.join('; ')}`);
        if (at % 50 === 49) progress(`${operation.name}: ${at + 1} of ${plans.length}, ${failures.length} failures`);
      }
    };
    await Promise.all(Array.from({ length: this.#atOnce }, work));
    return { calls: calm.calls.length, accidents, acknowledged, delay, failures };
  }

  /** One accident. */
  run(accident: Accident): Promise<Outcome> {
    return this.#with((victim) => runAccident(accident, victim, this.#rivals));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#rivals].map((client) => client.stop()));
  }

  async #with<T>(work: (victim: ClientProcess) => Promise<T>): Promise<T> {
    const victim = this.#idle.pop() ?? this.#newClient();
    try {
      const result = await work(victim);
      if (victim.isAlive) this.#idle.push(victim);
      return result;
    } catch (error) {
      // It may still be stopped.
      await victim.stop();
      throw error;
    }
  }
}

interface Plan {
  readonly stop: StopPoint;
  readonly name: string;
  readonly rivals: readonly Steps[];
}

function* plansOf(calls: readonly string[], sweep: AccidentSweep): Generator<Plan> {
  const { stride, signal, rivals, half, operation } = sweep;
  const seen = new Map<string, number>();
  let [turn, selected] = [0, 0];
  for (const [index, name] of calls.entries()) {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    if (nth % stride !== 0) continue;
    const at = index + 1;
    if (stride > 1) {
      if (half !== undefined && selected++ % 2 !== half && name !== operation.essential) continue;
      // The first call of each name is interrupted before it is made, that is, after everything was checked.
      const side = (nth / stride) % 2 === 0 ? 'before' : 'after';
      yield { stop: { at, side, signal }, name, rivals: rivals[turn % rivals.length]! };
      turn++;
      continue;
    }
    for (const side of ['before', 'after'] as const)
      for (const some of rivals) yield { stop: { at, side, signal }, name, rivals: some };
  }
}

function nameOf(rivals: readonly Steps[]): string {
  if (rivals.length > 1) return `${rivals.length} rivals`;
  return rivals[0] === RIVALS[1] ? 'a rival that compacts' : 'a rival';
}
