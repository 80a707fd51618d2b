import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { StopPoint } from '../../processes/stop-at-call.ts';
import type { ClientOptions } from './client.ts';
import type { Steps } from './operations.ts';

/** A command for a {@link ClientProcess}; a store is identified by its history file. */
export type Command =
  | { readonly do: 'join'; readonly options: ClientOptions }
  | {
      readonly do: 'run';
      readonly history: string;
      readonly work: Steps;
      readonly isWatched?: boolean;
      readonly stop?: StopPoint;
    }
  | { readonly do: 'view' | 'leave'; readonly history: string };

export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** The file in which a client records its calls just before it stops or dies. */
export function callsFile(history: string): string {
  return `${history}.calls`;
}

/** A process with clients of any number of stores, one after another or at the same time. */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  readonly end: Promise<void>;
  #commands = 0;

  /**
   * `program` is `client-child.ts` or a bundle of it. With `no check` the client does not notice that its lock was
   * taken over, for a control that must lose data.
   */
  constructor(program: string, mode: 'check' | 'no check') {
    this.#child = fork(program, [mode], { execArgv: ['--conditions=@pw/source'] });
    this.#child.on('message', ({ id, answer, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    // A command may be sent while the process dies: `end` reports that.
    this.#child.on('error', () => {});
    this.end = once(this.#child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the client died'));
      this.#waiting.clear();
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** True while it is stopped by a signal. */
  get isStopped(): boolean {
    if (!this.isAlive) return false;
    const status = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')')).startsWith(') T');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Sends a command. Rejects with the client's error, or with an error if the process died. */
  tell(command: Command): Promise<unknown> {
    const id = this.#commands++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command });
    });
  }

  async stop(): Promise<void> {
    if (this.isAlive) this.#child.kill('SIGKILL');
    await this.end;
  }
}
