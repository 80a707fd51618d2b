import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Message, Reply } from './child-messages.ts';

/** The longest time that a process may take for one message, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** A process of histories, which answers one message at a time. */
export class HistoryChild {
  readonly #child: ChildProcess;
  readonly #isReady: Promise<unknown>;
  #answered: (reply: Reply) => void = () => {};
  #failed: (error: Error) => void = () => {};
  /** Why it is gone. */
  #end: Error | undefined;

  constructor(program: string) {
    // A process that need not compile the program again starts in two thirds of the time.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(dirname(program), 'compiled') };
    this.#child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env });
    let errors = '';
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    this.#child.on('exit', () => {
      this.#end = new Error(`a process ended by itself: ${errors}`);
      this.#failed(this.#end);
    });
    this.#isReady = once(this.#child, 'message').then(() => {
      this.#child.on('message', (reply) => this.#answered(reply as Reply));
    });
    this.#isReady.catch(() => {});
  }

  async ask(message: Message): Promise<Reply> {
    await this.#isReady;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    [this.#answered, this.#failed] = [resolve, reject];
    if (this.#end !== undefined) throw this.#end;
    const isLate = () => reject(new Error(`a process did not answer: ${JSON.stringify(message)}`));
    const timer = setTimeout(isLate, TIMEOUT_MS);
    this.#child.send(message);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Resolves once the process is gone. */
  async kill(): Promise<void> {
    this.#failed = () => {};
    if (this.#end !== undefined) return;
    const end = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await end;
  }
}

/** Processes that wait for something to do, so that nobody waits for them to start. */
export class ChildPool {
  readonly #program: string;
  readonly #idle: HistoryChild[];
  /** Processes of histories that were killed. */
  kills = 0;

  constructor(program: string, size: number) {
    this.#program = program;
    this.#idle = Array.from({ length: size }, () => new HistoryChild(program));
  }

  take(): HistoryChild {
    return this.#idle.shift() ?? new HistoryChild(this.#program);
  }

  /** Returns a process that has left its history. */
  give(child: HistoryChild): void {
    this.#idle.push(child);
  }

  /** Kills a process, and starts another one. */
  async kill(child: HistoryChild): Promise<void> {
    this.kills++;
    await child.kill();
    this.give(new HistoryChild(this.#program));
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((child) => child.kill()));
  }
}
