import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StopPoint } from '../../processes/stop-at-call.ts';
import type { PlayerOptions } from './client.ts';
import type { Work } from './operations.ts';

/** What a {@link PlayerProcess} is told to do; a store is named by its history. */
export type Command =
  | { readonly do: 'join'; readonly options: PlayerOptions }
  | {
      readonly do: 'play';
      readonly history: string;
      readonly work: Work;
      readonly isWatched?: boolean;
      readonly stop?: StopPoint;
    }
  | { readonly do: 'view' | 'leave'; readonly history: string };

export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Where a client that is about to stop or die notes what calls it had made. */
export function callsFile(history: string): string {
  return `${history}.calls`;
}

/** A client in a process of its own, for any number of stores, one after the other or at once. */
export class PlayerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  readonly end: Promise<void>;
  #commands = 0;

  /** With `no check` the client does not see that its lock was taken over, for a control that must lose. */
  constructor(mode: 'check' | 'no check' = 'check') {
    this.#child = fork(join(import.meta.dirname, 'client-child.ts'), [mode], {
      execArgv: ['--conditions=@pw/source'],
    });
    this.#child.on('message', ({ id, answer, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    // Told something while it dies: `end` tells.
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

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** Throws what the client threw, and an error if it died. */
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
