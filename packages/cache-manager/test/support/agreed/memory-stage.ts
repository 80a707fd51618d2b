import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import {
  askManager,
  type Stage,
  type StageProcess,
  type StagePut,
  type StageThread,
  type StageTier,
  type StoredState,
  type Surroundings,
} from '@pw/agreement-model';
import { CacheEntry } from '@pw/cache-models';
import { versionOf } from '@pw/cache-models/tier';
import { MemoryCacheTier } from '@pw/tier-memory';
import { CacheManager } from '../../../src/index.ts';
import { LogStore } from './log-store.ts';
import { LogTier, unreachable } from './log-tier.ts';
import { MarkStore } from './mark-store.ts';
import { MarkTier } from './mark-tier.ts';
import { PluginStore } from './plugin-store.ts';
import { PluginTier } from './plugin-tier.ts';

const START = 1_700_000_000_000;
const NEVER = 1_000_000;

/** An operation, how many steps it may still take, and how it goes on if it has stopped. */
interface Budgeted {
  readonly thread: StageThread;
  steps: number;
  resume: (() => void) | undefined;
  isOver: boolean;
}

interface Running {
  readonly manager: CacheManager;
  readonly memory: MemoryCacheTier;
  readonly threads: Map<StageThread, Budgeted>;
}

export interface MemoryStageOptions {
  /** Lets a second pass for the timers of all managers. */
  readonly advance: () => Promise<void>;
  /**
   * True for a tier without marks between the other two, with a store that no other process uses. It cannot be reached
   * whenever the middle tier cannot.
   */
  readonly hasPlugin?: boolean;
}

/** Real managers over stores in memory, all in this process. */
export class MemoryStage implements Stage {
  readonly #base = new LogStore();
  readonly #middle = new MarkStore();
  readonly #surroundings: Surroundings;
  readonly #advance: () => Promise<void>;
  readonly #hasPlugin: boolean;
  readonly #plugins = new Map<StageProcess, PluginStore>();
  readonly #threads = new AsyncLocalStorage<Budgeted>();
  readonly #running = new Map<StageProcess, Running>();

  constructor(surroundings: Surroundings, { advance, hasPlugin = false }: MemoryStageOptions) {
    this.#surroundings = surroundings;
    this.#advance = advance;
    this.#hasPlugin = hasPlugin;
  }

  async open(proc: StageProcess): Promise<void> {
    const surroundings = this.#surroundings;
    let isOpening = true;
    const isGone = () => !isOpening && this.#running.get(proc)?.memory !== memory;
    const clock = { now: () => START + surroundings.now + proc.skew };
    const gate = (step: string): Promise<void> | void => {
      if (isGone()) return new Promise<void>(() => {});
      const budgeted = this.#threads.getStore();
      // What an operation has left to be done in the background is not held up after its end.
      if (budgeted === undefined || budgeted.isOver) return;
      const { thread } = budgeted;
      surroundings.now++;
      surroundings.say(`P${proc.id} ${thread.request.kind} ${thread.request.key ?? ''}: ${step}`);
      if (budgeted.steps-- > 0) return;
      thread.isWaiting = true;
      return new Promise<void>((resolve) => {
        const { resume } = budgeted;
        budgeted.resume = () => {
          resume?.();
          budgeted.steps--;
          if (!isGone()) resolve();
        };
      });
    };
    const check = (tier: StageTier) => () => {
      if (isGone()) throw unreachable(tier);
      if (!surroundings.down.has(tier)) return;
      const budgeted = this.#threads.getStore();
      if (budgeted !== undefined) budgeted.thread.sawFail = true;
      throw unreachable(tier);
    };
    const failureThreshold = NEVER;
    const memory = new MemoryCacheTier({ clock });
    const store = this.#plugins.get(proc) ?? new PluginStore();
    this.#plugins.set(proc, store);
    const plugin = new PluginTier({ clock, name: 'plugin', failureThreshold, store, gate, check: check('middle') });
    const manager = await CacheManager.open({
      tiers: [
        { name: 'l1', tier: memory },
        {
          name: 'l2',
          tier: new MarkTier({
            clock,
            name: 'l2',
            failureThreshold,
            store: this.#middle,
            gate,
            check: check('middle'),
          }),
        },
        ...(this.#hasPlugin ? [{ name: 'plugin', tier: plugin }] : []),
        {
          name: 'l3',
          tier: new LogTier({ clock, name: 'l3', failureThreshold, store: this.#base, gate, check: check('base') }),
        },
      ],
      clock,
      maxStalenessMs: 0,
      healthCheckInvalidation: false,
      tierTimeoutMs: 1e9,
    });
    this.#running.set(proc, { manager, memory, threads: new Map() });
    isOpening = false;
  }

  async kill(proc: StageProcess): Promise<void> {
    this.#running.delete(proc);
  }

  leave(proc: StageProcess): Promise<void> {
    return this.kill(proc);
  }

  async close(proc: StageProcess): Promise<void> {
    await this.#running.get(proc)!.manager.close();
    this.#running.delete(proc);
  }

  async begin(proc: StageProcess, thread: StageThread, steps: number, put?: StagePut): Promise<void> {
    const running = this.#running.get(proc)!;
    const budgeted: Budgeted = { thread, steps, resume: undefined, isOver: false };
    running.threads.set(thread, budgeted);
    this.#threads.run(budgeted, () => {
      askManager(running.manager, thread.request, put && entryOf(thread.request.key!, put)).then(
        (answer) => {
          if (this.#running.get(proc) !== running) return;
          running.threads.delete(thread);
          budgeted.isOver = true;
          budgeted.resume?.();
          this.#surroundings.ended(proc, thread, answer);
        },
        (error: unknown) => this.#surroundings.failed(`${thread.request.kind} rejected: ${String(error)}`),
      );
    });
    await quiet();
  }

  async go(proc: StageProcess, thread: StageThread, steps: number): Promise<void> {
    const budgeted = this.#running.get(proc)!.threads.get(thread)!;
    const resume = budgeted.resume!;
    budgeted.resume = undefined;
    budgeted.steps = steps;
    resume();
    await quiet();
  }

  async cleanup(proc: StageProcess): Promise<void> {
    await this.#running.get(proc)!.manager.cleanupExpired();
  }

  advance(): Promise<void> {
    return this.#advance();
  }

  isDegraded(proc: StageProcess): boolean {
    const { tiers } = this.#running.get(proc)!.manager.getStatistics();
    return tiers.some(({ degraded }) => degraded);
  }

  async list(proc: StageProcess, keys: readonly string[]) {
    const { manager } = this.#running.get(proc)!;
    const has = new Set<string>();
    for (const key of keys) if (await manager.has(key)) has.add(key);
    return { keys: new Set(await manager.keys()), has };
  }

  async look(key: string): Promise<StoredState> {
    const [base, middle] = [this.#base, this.#middle];
    const cursor = Math.min(...base.cursors.values());
    const versionIn = (records: ReadonlyMap<string, CacheEntry>) => {
      const entry = records.get(key);
      return entry && versionOf(entry);
    };
    return {
      middle: versionIn(middle.records),
      base: versionIn(base.rows),
      isMarked: middle.markOf(key) !== undefined,
      isUnknown: base.cursors.size === 0 || middle.marks.size > 0,
      isOpen: base.log.some((row) => row.position > cursor && (row.key === key || row.key === null)),
    };
  }

  async evictMemory(proc: StageProcess, keys: readonly string[]): Promise<void> {
    this.#running.get(proc)!.memory.deleteMany(keys);
  }

  async evict(tier: StageTier, key: string): Promise<void> {
    if (tier === 'middle') this.#middle.records.delete(key);
    else this.#base.write(key, null, START + this.#surroundings.now, 0);
  }

  async writeForeign(tier: StageTier, key: string, id: string): Promise<void> {
    const entry = CacheEntry.create({
      key,
      proxyUrl: 'http://f.example:80',
      source: id,
      fetchTime: START,
      ttlSeconds: 1e9,
    });
    if (tier === 'base') this.#base.writeForeign(entry);
    else {
      this.#middle.records.set(key, entry);
      this.#middle.changes.push({ key, by: this });
    }
  }
}

function entryOf(key: string, { id, expires }: StagePut): CacheEntry {
  const entry = CacheEntry.create({ key, proxyUrl: 'http://h.example:80', source: id, fetchTime: START });
  return CacheEntry.restore({ ...entry.toFields(), expiresAt: START + expires });
}

/** All that can go on without a step of a tier has gone on. */
async function quiet(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
