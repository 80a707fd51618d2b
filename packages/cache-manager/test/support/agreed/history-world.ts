import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Action, History, type Request } from '@pw/agreement-model';
import { CacheEntry } from '@pw/cache-models';
import { versionOf } from '@pw/cache-models/tier';
import { MemoryCacheTier } from '@pw/tier-memory';
import { CacheManager } from '../../../src/index.ts';
import { LogStore } from './log-store.ts';
import { LogTier, unreachable } from './log-tier.ts';
import { MarkStore } from './mark-store.ts';
import { MarkTier } from './mark-tier.ts';

const START = 1_700_000_000_000;
const NEVER = 1_000_000;

/** An operation on its way, and how many steps of tiers it may still take. */
interface Thread {
  readonly request: Request;
  budget: number;
  resume: (() => void) | undefined;
  sawFail: boolean;
  isOver: boolean;
}

interface Running {
  readonly id: number;
  skew: number;
  run: number;
  isAlive: boolean;
  manager: CacheManager | undefined;
  memory: MemoryCacheTier | undefined;
  threads: Thread[];
}

export interface HistoryConfig {
  readonly keys: readonly string[];
  /** Advances the timers of all processes: the tiers then agree. */
  readonly advance: () => Promise<void>;
}

/** Plays a script of the model with real managers over stores in memory. Each call of a tier is one step. */
export class HistoryWorld {
  readonly history: History;
  readonly trace: string[] = [];
  violation: string | undefined;
  #base = new LogStore();
  readonly #middle = new MarkStore();
  readonly #down = new Set<string>();
  readonly #config: HistoryConfig;
  readonly #threads = new AsyncLocalStorage<Thread>();
  readonly #procs: Running[];
  #now = 100;
  #ids = 0;
  #hasTtl = true;
  readonly #lives = new Map<string, number>();

  constructor(config: HistoryConfig) {
    this.#config = config;
    this.history = new History(config.keys, 0);
    this.#procs = [0, 1, 2].map((id) => ({
      id,
      skew: 0,
      run: 0,
      isAlive: false,
      manager: undefined,
      memory: undefined,
      threads: [],
    }));
  }

  async play(script: readonly Action[]): Promise<string | undefined> {
    // An entry expires by the clock of the process that reads it.
    this.#hasTtl = !script.some(({ a }) => a === 'skew');
    for (const action of script) await this.#act(action);
    await this.#settle();
    for (const proc of this.#procs) this.#kill(proc);
    return this.violation ?? this.history.verdict();
  }

  async #act(action: Action): Promise<void> {
    const proc = 'p' in action ? this.#procs[action.p]! : this.#procs[0]!;
    switch (action.a) {
      case 'do':
        return this.#begin(proc, action);
      case 'go':
        return this.#go(proc, action.i, action.n);
      case 'kill':
        return this.#kill(proc);
      case 'close':
        return this.#close(proc);
      case 'probe':
        return this.#probe(proc);
      case 'pass':
        this.#now += action.n;
        return;
      case 'skew':
        proc.skew = action.by;
        return;
      case 'down':
      case 'up':
        return this.#outage(action.tier === 'base' ? 'base' : 'middle', action.a === 'down');
      case 'evict memory':
        proc.memory?.delete(action.key);
        return;
      case 'evict middle':
        return this.#evictMiddle(action.key);
      case 'evict base':
        return this.#evictBase(action.key);
      case 'foreign':
        return this.#foreign(action.tier, action.key);
    }
  }

  #say(text: string): void {
    this.trace.push(`${this.#now} ${text}`);
  }

  // Processes.

  async #open(proc: Running): Promise<CacheManager> {
    proc.isAlive = true;
    const run = ++proc.run;
    this.#say(`P${proc.id} opens`);
    const isGone = () => proc.run !== run || !proc.isAlive;
    const clock = { now: () => START + this.#now + proc.skew };
    const gate = (step: string): Promise<void> | void => {
      if (isGone()) return new Promise<void>(() => {});
      const thread = this.#threads.getStore();
      if (thread === undefined) return;
      this.#now++;
      this.#say(`P${proc.id} ${thread.request.kind} ${thread.request.key ?? ''}: ${step}`);
      if (thread.budget-- > 0) return;
      return new Promise<void>((resolve) => {
        thread.resume = () => {
          thread.budget--;
          if (!isGone()) resolve();
        };
      });
    };
    const check = (tier: string) => () => {
      if (isGone()) throw unreachable(tier);
      if (!this.#down.has(tier)) return;
      const thread = this.#threads.getStore();
      if (thread !== undefined) thread.sawFail = true;
      throw unreachable(tier);
    };
    const failureThreshold = NEVER;
    const memory = new MemoryCacheTier({ clock });
    const tiers = [
      { name: 'l1', tier: memory },
      {
        name: 'l2',
        tier: new MarkTier({ clock, name: 'l2', failureThreshold, store: this.#middle, gate, check: check('middle') }),
      },
      {
        name: 'l3',
        tier: new LogTier({ clock, name: 'l3', failureThreshold, store: () => this.#base, gate, check: check('base') }),
      },
    ];
    const manager = await CacheManager.open({
      tiers,
      clock,
      maxStalenessMs: 0,
      healthCheckInvalidation: false,
      tierTimeoutMs: 1e9,
    });
    proc.manager = manager;
    proc.memory = memory;
    return manager;
  }

  #kill(proc: Running): void {
    if (!proc.isAlive) return;
    this.#now++;
    this.#say(`P${proc.id} is killed`);
    for (const { request, isOver } of proc.threads) if (!isOver) this.history.unsure(request);
    this.history.endAll(this.#now, proc.id);
    proc.isAlive = false;
    proc.manager = undefined;
    proc.memory = undefined;
    proc.threads = [];
    this.#now++;
  }

  async #close(proc: Running): Promise<void> {
    if (proc.manager === undefined || proc.threads.length > 0) return;
    this.#say(`P${proc.id} closes`);
    await proc.manager.close();
    this.#kill(proc);
  }

  // Operations.

  async #begin(proc: Running, { op, key, ttl, n = NEVER }: Action & { a: 'do' }): Promise<void> {
    const manager = proc.manager ?? (await this.#open(proc));
    if (proc.threads.length >= 2) return;
    if (op === 'agree' || op === 'recover') return this.#config.advance();
    if (op === 'cleanup') {
      await manager.cleanupExpired();
      return;
    }
    // Counts are exact only while the base can be reached.
    if (op === 'update' && this.#down.size > 0) return;
    this.#now++;
    const start = this.#now;
    if (op === 'put') {
      const id = `${key}${++this.#ids}`;
      const expiresAt = ttl === undefined || !this.#hasTtl ? Number.MAX_SAFE_INTEGER : START + this.#now + ttl;
      this.#lives.set(id, expiresAt);
      this.history.noteLife(id, expiresAt - START);
      const entry = CacheEntry.restore({
        ...CacheEntry.create({ key, proxyUrl: 'http://h.example:80', source: id, fetchTime: START }).toFields(),
        expiresAt: Math.min(expiresAt, START + 1e12),
      });
      return this.#spawn(proc, { kind: 'put', key, id, by: proc.id, start }, n, () => manager.put(entry));
    }
    const request: Request = { kind: op, key, by: proc.id, start };
    if (op === 'get') return this.#spawn(proc, request, n, () => manager.get(key));
    if (op === 'del') return this.#spawn(proc, request, n, async () => (await manager.delete(key)) || true);
    if (op === 'clear') return this.#spawn(proc, request, n, async () => (await manager.clear()) >= 0);
    return this.#spawn(proc, request, n, () =>
      manager.recordHealthCheck(key, { status: 'unknown', checkUrl: 'http://c.example' }),
    );
  }

  async #spawn(proc: Running, request: Request, budget: number, work: () => Promise<unknown>): Promise<void> {
    const thread: Thread = { request, budget, resume: undefined, sawFail: false, isOver: false };
    proc.threads.push(thread);
    const run = proc.run;
    this.#say(`P${proc.id} ${request.kind} ${request.key ?? ''} ${request.id ?? ''} begins`);
    this.#threads.run(thread, () => {
      work().then(
        (value) => {
          if (proc.run !== run || !proc.isAlive) return;
          thread.isOver = true;
          proc.threads = proc.threads.filter((other) => other !== thread);
          this.#now++;
          // A tier that is out of use is not called.
          if (this.#down.size > 0 || isDegraded(proc)) thread.sawFail = true;
          // A process that has never reached the base answers what it finds, as a cache should: nothing is promised of that.
          if (request.kind === 'get' && isDegraded(proc)) return;
          this.#record(thread, value);
        },
        (error: unknown) => {
          this.violation ??= `${request.kind} rejected: ${String(error)}`;
        },
      );
    });
    await quiet();
  }

  #record({ request, sawFail }: Thread, value: unknown): void {
    const { history } = this;
    const entry = CacheEntry.isCacheEntry(value) ? value : undefined;
    const found = entry && { id: entry.source, fails: entry.totalHealthChecks, exp: 0, ver: 0 };
    this.#say(
      `P${request.by} ${request.kind} ${request.key ?? ''} ends: ${found ? `${found.id}:${found.fails}` : String(value)}`,
    );
    if (request.kind === 'get') history.read(request, found ?? null, this.#now, sawFail);
    else if (request.kind === 'update') {
      if (sawFail) history.unsure(request);
      else if (found === undefined) history.read(request, null, this.#now, sawFail);
      else history.updated(request, found, this.#now);
    } else if (value === true) history.written(request, this.#now);
    else history.unsure(request);
  }

  async #go(proc: Running, i: number, n: number): Promise<void> {
    const thread = proc.threads[i % Math.max(1, proc.threads.length)];
    if (thread?.resume === undefined) return;
    const { resume } = thread;
    thread.resume = undefined;
    thread.budget = n;
    resume();
    await quiet();
  }

  async #drain(): Promise<void> {
    for (let turn = 0; turn < 1000; turn++) {
      const waiting = this.#procs.flatMap(({ threads }) => threads).filter(({ resume }) => resume !== undefined);
      if (waiting.length === 0) return;
      for (const thread of waiting) {
        const { resume } = thread;
        thread.resume = undefined;
        thread.budget = NEVER;
        resume!();
      }
      await quiet();
    }
  }

  // Accidents.

  #outage(tier: string, isDown: boolean): void {
    this.#say(`${tier} is ${isDown ? 'down' : 'up'}`);
    if (tier === 'middle') this.history.blur();
    if (isDown) this.#down.add(tier);
    else this.#down.delete(tier);
  }

  #evictMiddle(key: string): void {
    const { records } = this.#middle;
    const record = records.get(key);
    if (record === undefined || versionOf(record) === 0 || this.#middle.markOf(key) !== undefined) return;
    this.#say(`the middle evicts ${key}`);
    records.delete(key);
  }

  #evictBase(key: string): void {
    const base = this.#base;
    if (base.versionOf(key) === 0) return;
    const isOptional = this.#middle.markOf(key) !== undefined || this.#isUnknown || this.#isBusy;
    this.#now++;
    this.#say(`the base evicts ${key}`);
    base.write(key, null, START + this.#now, 0);
    this.history.happened('del', key, this.#now, isOptional, null);
  }

  #foreign(tier: 'middle' | 'base', key: string): void {
    const id = `f${key}${++this.#ids}`;
    const isOptional = this.#isAmbiguous(tier, key);
    this.history.noteLife(id, NEVER * 1e6);
    this.#now++;
    this.#say(`another program writes ${key} = ${id} to the ${tier}`);
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
    this.history.happened('put', key, this.#now, isOptional, { id, fails: 0, exp: 0, ver: 0 });
  }

  #isAmbiguous(tier: 'middle' | 'base', key: string): boolean {
    const base = this.#base;
    const middle = this.#middle;
    if (middle.markOf(key) !== undefined || this.#isUnknown || this.#down.has('middle') || this.#isBusy) return true;
    const foreignInMiddle = middle.records.get(key) !== undefined && versionOf(middle.records.get(key)!) === 0;
    if (tier === 'base') return foreignInMiddle;
    const cursor = Math.min(...base.cursors.values());
    const isOpen = base.log.some((row) => row.position > cursor && (row.key === key || row.key === null));
    const inBase = base.rows.get(key);
    return isOpen || foreignInMiddle || (inBase !== undefined && versionOf(inBase) === 0);
  }

  get #isUnknown(): boolean {
    return this.#base.cursors.size === 0 || this.#middle.marks.size > 0;
  }

  get #isBusy(): boolean {
    return this.#procs.some(({ threads }) => threads.length > 0);
  }

  // Reading everything.

  async #probe(proc: Running): Promise<void> {
    if (this.#isBusy) return;
    const manager = proc.manager ?? (await this.#open(proc));
    const ids = new Map<string, string | null>();
    let isBlind = this.#down.size > 0 || isDegraded(proc);
    for (const key of this.#config.keys) {
      const before = this.history.size;
      this.#now++;
      const request: Request = { kind: 'get', key, by: proc.id, start: this.#now };
      await this.#spawn(proc, request, NEVER, () => manager.get(key));
      if (this.history.size === before) isBlind = true;
      else ids.set(key, this.history.last!.id);
    }
    if (isBlind) return;
    const names = new Set(await manager.keys());
    for (const [key, id] of ids) {
      const has = await manager.has(key);
      if (names.has(key) === (id !== null) && has === (id !== null)) continue;
      if (id !== null && !this.#isLive(id)) continue;
      this.violation ??= `keys() ${names.has(key)}, has(${key}) ${has}, get(${key}) ${id}, by P${proc.id} at ${this.#now}`;
    }
  }

  #isLive(id: string): boolean {
    return (this.#lives.get(id) ?? Number.POSITIVE_INFINITY) > START + this.#now + 60;
  }

  async #settle(): Promise<void> {
    this.#down.clear();
    await this.#drain();
    // A tier that could not be opened is tried again.
    for (let attempt = 0; attempt < 3; attempt++) {
      this.#now += 61_000;
      await this.#config.advance();
    }
    this.#say('all is well again');
    const readTwice = async (proc: Running) => {
      await this.#probe(proc);
      for (const key of this.#config.keys) proc.memory?.delete(key);
      await this.#probe(proc);
    };
    if (!this.#procs.some(({ isAlive }) => isAlive)) await this.#open(this.#procs[0]!);
    const alive = this.#procs.filter(({ isAlive }) => isAlive);
    for (const proc of alive) await readTwice(proc);
    this.#now++;
    this.history.endAll(this.#now);
    this.#now++;
    await this.#config.advance();
    for (const proc of alive) await readTwice(proc);
    for (const key of this.#config.keys) this.#evictMiddle(key);
    for (const proc of alive) await readTwice(proc);
    for (const proc of alive) this.#kill(proc);
    const [first] = this.#procs;
    await readTwice(first!);
    for (const key of this.#config.keys) this.#evictMiddle(key);
    await readTwice(first!);
  }
}

function isDegraded({ manager }: Running): boolean {
  return manager?.getStatistics().tiers.some(({ degraded }) => degraded) === true;
}

/** All that can go on without a step of a tier has gone on. */
async function quiet(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
