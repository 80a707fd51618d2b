import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ChildOrders } from '../child/child-orders.ts';
import type { ChildRequest } from '../child/serve.ts';
import { ConformanceError } from '../contract/conformance-error.ts';
import type { Trial } from '../trial/trial.ts';
import { within } from '../trial/within.ts';
import { CHILD_PROGRAM } from './child-program.ts';

/** How long a process may take to start and load the module. */
const START_MS = 60_000;
/** How long to wait for a process with nothing left to do; the contract allows less. */
const END_MS = 5000;
const MAX_STDERR = 2000;

/** How a process ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process with the module under test, and the lines that it reports. */
export class TierProcess {
  readonly #trial: Trial;
  readonly #command: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<ChildEnd>;
  readonly #reported: unknown[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #stderr = '';

  private constructor(trial: Trial, orders: ChildOrders) {
    this.#trial = trial;
    this.#command = orders.command;
    const argv = [...(trial.subject.execArgv ?? []), fileURLToPath(CHILD_PROGRAM), JSON.stringify(orders)];
    this.#child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, MAX_STDERR);
    });
    this.#readLines();
    // A write to a dead process fails; the exit of the process reports that.
    this.#child.stdin.on('error', () => {});
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#isOver = true;
      this.#wake?.();
      return { code, signal } as ChildEnd;
    });
    this.#ended.catch(() => {});
  }

  /**
   * Starts a process on the trial's store, waits until it has loaded the module, and kills it after `use` in any case.
   */
  static async run<T>(
    trial: Trial,
    orders: Pick<ChildOrders, 'command'> & Partial<ChildOrders>,
    use: (child: TierProcess) => Promise<T>,
  ): Promise<T> {
    const module = trial.subject.module.href;
    const { directory, clock } = trial;
    const child = new TierProcess(trial, { module, directory, now: clock.now(), count: 0, prefix: 'key', ...orders });
    try {
      await child.#next(START_MS);
      return await use(child);
    } finally {
      child.kill();
      await child.#ended;
    }
  }

  /** The next value that the process reports; fails if it ends instead or takes too long. */
  next(): Promise<unknown> {
    return this.#next(this.#trial.deadlineMs);
  }

  /** All values reported so far and not taken yet, without waiting. */
  takeReported(): unknown[] {
    return this.#reported.splice(0);
  }

  /** Sends a request to a process that runs `serve`, and waits for the answer. */
  request(request: ChildRequest): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  /** Closes the input of a process, which ends `serve`. */
  closeInput(): void {
    this.#child.stdin.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Waits for the process to end; fails if it does not. */
  async end(): Promise<ChildEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, END_MS, undefined);
    });
    const end = await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    if (end !== undefined) return end;
    throw this.#wrong('the process to end', `nothing within ${END_MS} ms`);
  }

  async #next(milliseconds: number): Promise<unknown> {
    while (this.#reported.length === 0) {
      if (this.#isOver) throw this.#wrong('an answer', `the end of the process: ${this.#stderr || 'no error output'}`);
      const news = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await within(milliseconds, `"${this.#command}" in a child process`, news);
    }
    return this.#reported.shift();
  }

  #wrong(expected: string, received: string): ConformanceError {
    return new ConformanceError({
      what: `"${this.#command}" in a child process`,
      expected,
      received,
      rule: this.#trial.rule,
    });
  }

  #readLines(): void {
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.#reported.push(...lines.map((line) => JSON.parse(line) as unknown));
      this.#wake?.();
    });
  }
}
