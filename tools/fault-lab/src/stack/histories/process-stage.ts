import type {
  Stage,
  StageProcess,
  StagePut,
  StageThread,
  StageTier,
  StoredState,
  Surroundings,
} from '@pw/agreement-model';
import { type Command, type HistoryStack, type Reply, START } from './child-messages.ts';
import type { ChildPool, HistoryChild } from './child-pool.ts';
import { StoredFiles } from './stored-files.ts';

interface Running {
  readonly child: HistoryChild;
  readonly threads: Map<number, StageThread>;
  isDegraded: boolean;
}

/** Real managers over files, each in a process of its own that is killed with SIGKILL. */
export class ProcessStage implements Stage {
  readonly #surroundings: Surroundings;
  readonly #stack: HistoryStack;
  readonly #pool: ChildPool;
  readonly #files: StoredFiles;
  readonly #running = new Map<StageProcess, Running>();
  #operations = 0;

  constructor(surroundings: Surroundings, stack: HistoryStack, pool: ChildPool) {
    this.#surroundings = surroundings;
    this.#stack = stack;
    this.#pool = pool;
    this.#files = new StoredFiles(stack, { now: () => START + surroundings.now });
  }

  /** Ends the history; its processes are free for the next one, unless they do not answer any more. */
  async end(): Promise<void> {
    for (const [proc, { child }] of this.#running) await this.leave(proc).catch(() => this.#pool.kill(child));
  }

  async open(proc: StageProcess): Promise<void> {
    this.#running.set(proc, { child: this.#pool.take(), threads: new Map(), isDegraded: false });
    await this.#tell(proc, { do: 'open', stack: this.#stack });
  }

  async kill(proc: StageProcess): Promise<void> {
    const { child } = this.#running.get(proc)!;
    this.#running.delete(proc);
    await this.#pool.kill(child);
  }

  close(proc: StageProcess): Promise<void> {
    return this.#end(proc, 'close');
  }

  leave(proc: StageProcess): Promise<void> {
    return this.#end(proc, 'leave');
  }

  async #end(proc: StageProcess, how: 'close' | 'leave'): Promise<void> {
    await this.#tell(proc, { do: how });
    this.#pool.give(this.#running.get(proc)!.child);
    this.#running.delete(proc);
  }

  async begin(proc: StageProcess, thread: StageThread, steps: number, put?: StagePut): Promise<void> {
    const operation = ++this.#operations;
    this.#running.get(proc)!.threads.set(operation, thread);
    await this.#tell(proc, { do: 'begin', operation, request: thread.request, steps, put });
  }

  async go(proc: StageProcess, thread: StageThread, steps: number): Promise<void> {
    const [operation] = [...this.#running.get(proc)!.threads].find(([, other]) => other === thread)!;
    await this.#tell(proc, { do: 'go', operation, steps });
  }

  async cleanup(proc: StageProcess): Promise<void> {
    await this.#tell(proc, { do: 'cleanup' });
  }

  async advance(): Promise<void> {
    for (const proc of [...this.#running.keys()]) await this.#tell(proc, { do: 'advance' });
  }

  isDegraded(proc: StageProcess): boolean {
    return this.#running.get(proc)!.isDegraded;
  }

  async list(proc: StageProcess, keys: readonly string[]) {
    const { listed } = await this.#tell(proc, { do: 'list', keys });
    return { keys: new Set(listed!.keys), has: new Set(listed!.has) };
  }

  async look(key: string): Promise<StoredState> {
    return this.#files.look(key);
  }

  async evictMemory(proc: StageProcess, keys: readonly string[]): Promise<void> {
    await this.#tell(proc, { do: 'evict', keys });
  }

  evict(tier: StageTier, key: string): Promise<void> {
    return this.#files.evict(tier, key);
  }

  writeForeign(tier: StageTier, key: string, id: string): Promise<void> {
    return this.#files.writeForeign(tier, key, id);
  }

  async #tell(proc: StageProcess, command: Command): Promise<Reply> {
    const surroundings = this.#surroundings;
    const running = this.#running.get(proc)!;
    const { now, down } = surroundings;
    const reply = await running.child.ask({ ...command, now, skew: proc.skew, down: [...down] });
    for (const event of reply.events) {
      surroundings.now = event.at;
      if ('step' in event) surroundings.say(event.step);
      else if ('failed' in event) surroundings.failed(event.failed);
      else {
        const thread = running.threads.get(event.operation)!;
        running.threads.delete(event.operation);
        running.isDegraded = event.isDegraded;
        thread.isWaiting = false;
        thread.sawFail = event.sawFail;
        surroundings.ended(proc, thread, event.answer);
      }
    }
    surroundings.now = reply.now;
    running.isDegraded = reply.isDegraded;
    for (const [operation, thread] of running.threads) thread.isWaiting = reply.waiting.includes(operation);
    return reply;
  }
}
