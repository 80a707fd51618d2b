import { History, type Request } from '../check/history.ts';
import { Base } from './base.ts';
import { type Call, FAIL, type Steps, TIMED_OUT } from './call.ts';
import { describe } from './describe.ts';
import type { Life } from './life.ts';
import { Middle } from './middle.ts';
import type { Process } from './process.ts';
import type { MakeManager, Manager, ProtocolConfig, Surroundings } from './surroundings.ts';

export interface WorldConfig extends ProtocolConfig {
  /** How many middles are between memory and the base. */
  readonly middles: number;
  /** The last process has a middle of its own over the same base. */
  readonly twoStacks: boolean;
  /** How many rows the log keeps that no tier needs. */
  readonly keeps: number;
  /** Whether a step of the base may miss its deadline: it has then done nothing. */
  readonly baseTimeouts: boolean;
  readonly isVerbose?: boolean;
}

/** An operation on its way: a generator, and the step at which it stands. */
export interface Thread {
  readonly request: Request;
  readonly generator: Steps<unknown>;
  readonly isLate: boolean;
  call: Call;
  /** Whether a tier did not answer it. */
  sawFail: boolean;
}

export interface Running extends Process {
  threads: Thread[];
  manager: Manager | undefined;
}

/** Any number of steps. */
export const ALL = 1_000_000;

/** One history: processes, their tiers, and the steps of their operations. `acts.ts` and `accidents.ts` drive it. */
export class World implements Surroundings {
  readonly config: WorldConfig;
  readonly history: History;
  readonly trace: string[] = [];
  readonly middles: readonly Middle[];
  readonly procs: readonly Running[];
  readonly down = new Set<string>();
  base: Base;
  /** Not 0, so that no clock is behind the beginning of time. */
  now = 100;
  #ids = 0;
  readonly #make: MakeManager;

  constructor(make: MakeManager, config: WorldConfig) {
    this.#make = make;
    this.config = config;
    this.history = new History(config.keys, config.lag);
    this.base = new Base(0, config.keeps);
    const shared = Array.from({ length: config.middles }, (_, i) => new Middle(`middle ${i + 1}`));
    const own = new Middle('other middle');
    this.middles = config.twoStacks ? [...shared, own] : shared;
    this.procs = [0, 1, 2].map((id) => ({
      id,
      skew: 0,
      run: 0,
      isAlive: false,
      middles: config.twoStacks && id === 2 ? [own] : shared,
      threads: [],
      manager: undefined,
    }));
  }

  say(text: () => string): void {
    if (this.config.isVerbose) this.trace.push(`${String(this.now).padStart(4)}  ${text()}`);
  }

  clockOf(proc: Process): number {
    return this.now + proc.skew;
  }

  isGone({ proc, run }: Life): boolean {
    return !proc.isAlive || proc.run !== run;
  }

  newId(prefix: string): string {
    return `${prefix}${++this.#ids}`;
  }

  /** The base is set aside, and replaced by an empty one. */
  replaceBase(): void {
    this.base = new Base(this.base.id + 1, this.config.keeps);
  }

  // Processes and their operations.

  boot(proc: Running): Manager {
    proc.isAlive = true;
    proc.run++;
    const manager = this.#make(this, proc);
    proc.manager = manager;
    this.say(() => `P${proc.id} opens`);
    this.spawn(proc, { kind: 'open' }, manager.open(), ALL);
    return manager;
  }

  spawn(proc: Running, asked: Omit<Request, 'by' | 'start'>, generator: Steps<unknown>, steps: number): void {
    if (asked.kind !== 'open') this.now++;
    const request = { ...asked, by: proc.id, start: this.now };
    this.say(() => `P${proc.id} ${asked.kind} ${asked.key ?? ''} ${asked.id ?? ''} begins`);
    const { done, value } = generator.next();
    if (done) return;
    const thread = { request, generator, call: value, sawFail: false, isLate: false };
    proc.threads.push(thread);
    this.go(proc, thread, steps);
  }

  /** Work that was given up may go on. */
  detach(proc: Process, generator: Steps<unknown>, call: Call): void {
    const running = this.procs[proc.id];
    if (running === undefined) return;
    const request = { kind: 'late' as const, by: proc.id, start: this.now };
    running.threads.push({ request, generator, call, sawFail: false, isLate: true });
  }

  go(proc: Running, thread: Thread, steps: number): void {
    for (let i = 0; i < steps && proc.threads.includes(thread); i++) if (!this.step(proc, thread)) return;
  }

  /** One step. False if it has to wait. */
  step(proc: Running, thread: Thread): boolean {
    const { call } = thread;
    if (call.isBlocked?.()) {
      if (!call.isDeadlocked?.()) return false;
      this.giveUp(proc, thread);
      return true;
    }
    this.now++;
    const result = this.down.has(call.tier) ? FAIL : call.run();
    this.say(() => `P${proc.id}   ${thread.isLate ? '(late) ' : ''}${call.label} -> ${describe(result)}`);
    this.#resume(proc, thread, result);
    return true;
  }

  /** The deadline of a step passes. A base has then done nothing; what a middle was asked for may still happen. */
  giveUp(proc: Running, thread: Thread): void {
    const { call } = thread;
    if (thread.isLate && call.isBlocked?.()) {
      // Nobody waits for it; it ends with the lock of the dead process.
      this.now++;
      proc.threads = proc.threads.filter((other) => other !== thread);
      return;
    }
    if (this.#mustWait(thread)) return;
    this.now++;
    this.say(() => `P${proc.id}   ${call.label} -> no answer in time`);
    if (call.tier !== 'base') this.history.blur();
    this.#resume(proc, thread, call.isSupervised && call.tier !== 'base' ? TIMED_OUT : FAIL);
  }

  /**
   * Not promised, and left out: an update that goes past a middle whose deadline passes, while another process, for
   * which the base is off, writes the key there alone. So where the base may fail, updates wait for middles.
   */
  #mustWait({ request, call, isLate }: Thread): boolean {
    if (request.kind !== 'update' || isLate || call.tier === 'base' || !this.config.baseTimeouts) return false;
    for (const middle of this.middles) if (middle.holder && this.isGone(middle.holder)) middle.holder = null;
    return true;
  }

  #resume(proc: Running, thread: Thread, result: unknown): void {
    if (result === FAIL || result === TIMED_OUT) thread.sawFail = true;
    const { done, value } = thread.generator.next(result);
    if (!done) {
      thread.call = value;
      return;
    }
    proc.threads = proc.threads.filter((other) => other !== thread);
    if (thread.isLate || thread.request.kind === 'open') return;
    this.now++;
    this.say(() => `P${proc.id} ${thread.request.kind} ${thread.request.key ?? ''} ends: ${describe(value)}`);
    this.onEnd(thread, value);
  }

  /** What an operation answered. */
  onEnd: (thread: Thread, value: unknown) => void = () => undefined;

  kill(proc: Running, how = 'is killed'): void {
    if (!proc.isAlive) return;
    this.now++;
    this.say(() => `P${proc.id} ${how}`);
    for (const { request, isLate } of proc.threads) if (!isLate) this.history.unsure(request);
    this.history.endAll(this.now, proc.id);
    Object.assign(proc, { isAlive: false, threads: [], manager: undefined });
    this.now++;
  }

  /** All operations run until none can move. */
  drain(): void {
    for (let hasMoved = true; hasMoved; ) {
      hasMoved = false;
      for (const proc of this.procs)
        for (const thread of [...proc.threads])
          while (proc.threads.includes(thread) && this.step(proc, thread)) hasMoved = true;
    }
  }
}
