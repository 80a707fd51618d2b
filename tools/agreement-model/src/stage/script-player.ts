import { History, type Request } from '../check/history.ts';
import type { Outcome } from '../explore/play.ts';
import type { Action } from '../world/action.ts';
import {
  ALL_STEPS,
  type Answer,
  type Stage,
  type StageProcess,
  type StageThread,
  type StageTier,
  type Surroundings,
} from './stage.ts';

const PROCESSES = 3;
/** After this, a tier that could not be opened is tried again. */
const RETRY_MS = 61_000;
const FOREVER = 1e12;
/** Near its end, an entry may be there for one call and expired for the next. */
const SOON = 60;

/** Plays a script of the model with real managers, and judges their answers. */
export class ScriptPlayer implements Surroundings {
  readonly down = new Set<StageTier>();
  now = 100;
  readonly #history: History;
  readonly #trace: string[] = [];
  #violation: string | undefined;
  readonly #keys: readonly string[];
  readonly #stage: Stage;
  readonly #procs: readonly StageProcess[];
  readonly #lives = new Map<string, number>();
  #ids = 0;
  #hasTtl = true;

  constructor(keys: readonly string[], stage: (surroundings: Surroundings) => Stage) {
    this.#keys = keys;
    this.#history = new History(keys, 0);
    this.#procs = Array.from({ length: PROCESSES }, (_, id) => ({ id, skew: 0, isAlive: false, threads: [] }));
    this.#stage = stage(this);
  }

  async play(script: readonly Action[]): Promise<Outcome> {
    // An entry expires by the clock of the process that reads it.
    this.#hasTtl = !script.some(({ a }) => a === 'skew');
    for (const action of script) await this.#act(action);
    await this.#settle();
    return { violation: this.#violation ?? this.#history.verdict(), trace: this.#trace };
  }

  say(text: string): void {
    this.#trace.push(`${this.now} ${text}`);
  }

  failed(what: string): void {
    this.#violation ??= what;
  }

  async #act(action: Action): Promise<void> {
    const proc = this.#procs['p' in action ? action.p : 0]!;
    switch (action.a) {
      case 'do':
        return this.#do(proc, action);
      case 'go':
        return this.#go(proc, action.i, action.n);
      case 'kill':
        return this.#kill(proc);
      case 'close':
        return this.#close(proc);
      case 'probe':
        return this.#probe(proc);
      case 'pass':
        this.now += action.n;
        return;
      case 'skew':
        proc.skew = action.by;
        return;
      case 'down':
      case 'up':
        return this.#outage(action.tier === 'base' ? 'base' : 'middle', action.a === 'down');
      case 'evict memory':
        return proc.isAlive ? this.#stage.evictMemory(proc, [action.key]) : undefined;
      case 'evict middle':
        return this.#evictMiddle(action.key);
      case 'evict base':
        return this.#evictBase(action.key);
      case 'foreign':
        return this.#foreign(action.tier, action.key);
    }
  }

  // Processes.

  async #open(proc: StageProcess): Promise<void> {
    if (proc.isAlive) return;
    proc.isAlive = true;
    this.say(`P${proc.id} opens`);
    await this.#stage.open(proc);
  }

  async #kill(proc: StageProcess): Promise<void> {
    if (!proc.isAlive) return;
    this.now++;
    this.say(`P${proc.id} is killed`);
    await this.#stage.kill(proc);
    this.#isGone(proc);
  }

  async #close(proc: StageProcess): Promise<void> {
    if (!proc.isAlive || proc.threads.length > 0) return;
    this.say(`P${proc.id} closes`);
    await this.#stage.close(proc);
    this.now++;
    this.#isGone(proc);
  }

  async #leave(proc: StageProcess): Promise<void> {
    this.now++;
    this.say(`P${proc.id} is gone`);
    await this.#stage.leave(proc);
    this.#isGone(proc);
  }

  #isGone(proc: StageProcess): void {
    for (const { request } of proc.threads) this.#history.unsure(request);
    this.#history.endAll(this.now, proc.id);
    proc.isAlive = false;
    proc.threads = [];
    this.now++;
  }

  // Operations.

  async #do(proc: StageProcess, { op, key, ttl, n = ALL_STEPS }: Action & { a: 'do' }): Promise<void> {
    await this.#open(proc);
    if (proc.threads.length >= 2) return;
    if (op === 'agree' || op === 'recover') return this.#stage.advance();
    if (op === 'cleanup') return this.#stage.cleanup(proc);
    // Counts are exact only while the base can be reached.
    if (op === 'update' && this.down.size > 0) return;
    this.now++;
    if (op !== 'put') return this.#begin(proc, { kind: op, key, by: proc.id, start: this.now }, n);
    const id = `${key}${++this.#ids}`;
    const expires = ttl === undefined || !this.#hasTtl ? FOREVER : this.now + ttl;
    this.#lives.set(id, expires);
    this.#history.noteLife(id, expires);
    return this.#begin(proc, { kind: 'put', key, id, by: proc.id, start: this.now }, n, { id, expires });
  }

  async #begin(
    proc: StageProcess,
    request: Request,
    steps: number,
    put?: { readonly id: string; readonly expires: number },
  ): Promise<void> {
    const thread: StageThread = { request, isWaiting: false, sawFail: false };
    proc.threads.push(thread);
    this.say(`${nameOf(request)} begins`);
    await this.#stage.begin(proc, thread, steps, put);
  }

  ended(proc: StageProcess, thread: StageThread, answer: Answer): void {
    const { request } = thread;
    proc.threads = proc.threads.filter((other) => other !== thread);
    this.now++;
    const isDegraded = this.#stage.isDegraded(proc);
    // A tier that is out of use is not called.
    if (this.down.size > 0 || isDegraded) thread.sawFail = true;
    const found = typeof answer === 'object' ? answer : undefined;
    this.say(`${nameOf(request)} ends: ${found ? `${found.id}:${found.fails}` : String(answer)}`);
    // A process that has never reached the base answers what it finds, as a cache should: nothing is promised of that.
    if (request.kind === 'get' && isDegraded) return;
    const { now } = this;
    const history = this.#history;
    const record = found && { ...found, exp: 0, ver: 0 };
    if (request.kind === 'get') history.read(request, record ?? null, now, thread.sawFail);
    else if (request.kind === 'update') {
      if (thread.sawFail) history.unsure(request);
      else if (record === undefined) history.read(request, null, now, thread.sawFail);
      else history.updated(request, record, now);
    } else if (answer === true) history.written(request, now);
    else history.unsure(request);
  }

  async #go(proc: StageProcess, i: number, n: number): Promise<void> {
    const thread = proc.threads[i % Math.max(1, proc.threads.length)];
    if (thread?.isWaiting === true) await this.#resume(proc, thread, n);
  }

  async #resume(proc: StageProcess, thread: StageThread, steps: number): Promise<void> {
    thread.isWaiting = false;
    await this.#stage.go(proc, thread, steps);
  }

  async #drain(): Promise<void> {
    for (let turn = 0; turn < 1000; turn++) {
      const waiting = this.#procs.flatMap((proc) =>
        proc.threads.filter(({ isWaiting }) => isWaiting).map((thread) => ({ proc, thread })),
      );
      if (waiting.length === 0) return;
      for (const { proc, thread } of waiting) if (thread.isWaiting) await this.#resume(proc, thread, ALL_STEPS);
    }
  }

  // Accidents.

  #outage(tier: StageTier, isDown: boolean): void {
    this.say(`${tier} is ${isDown ? 'down' : 'up'}`);
    if (tier === 'middle') this.#history.blur();
    if (isDown) this.down.add(tier);
    else this.down.delete(tier);
  }

  async #evictMiddle(key: string): Promise<void> {
    const { middle = 0, isMarked } = await this.#stage.look(key);
    if (middle === 0 || isMarked) return;
    this.say(`the middle evicts ${key}`);
    await this.#stage.evict('middle', key);
  }

  async #evictBase(key: string): Promise<void> {
    const { base = 0, isMarked, isUnknown } = await this.#stage.look(key);
    if (base === 0) return;
    const isOptional = isMarked || isUnknown || this.#isBusy;
    this.now++;
    this.say(`the base evicts ${key}`);
    await this.#stage.evict('base', key);
    this.#history.happened('del', key, this.now, isOptional, null);
  }

  async #foreign(tier: StageTier, key: string): Promise<void> {
    const id = `f${key}${++this.#ids}`;
    const isOptional = await this.#isAmbiguous(tier, key);
    this.#history.noteLife(id, FOREVER);
    this.now++;
    this.say(`another program writes ${key} = ${id} to the ${tier}`);
    await this.#stage.writeForeign(tier, key, id);
    this.#history.happened('put', key, this.now, isOptional, { id, fails: 0, exp: 0, ver: 0 });
  }

  /** Which came first cannot be told while a write of ours has not reached every tier. */
  async #isAmbiguous(tier: StageTier, key: string): Promise<boolean> {
    const { middle, base, isMarked, isUnknown, isOpen } = await this.#stage.look(key);
    if (isMarked || isUnknown || this.down.has('middle') || this.#isBusy || middle === 0) return true;
    return tier === 'middle' && (isOpen || base === 0);
  }

  get #isBusy(): boolean {
    return this.#procs.some(({ threads }) => threads.length > 0);
  }

  // Reading everything.

  async #probe(proc: StageProcess): Promise<void> {
    if (this.#isBusy) return;
    await this.#open(proc);
    const ids = new Map<string, string | null>();
    let isBlind = this.down.size > 0 || this.#stage.isDegraded(proc);
    for (const key of this.#keys) {
      const before = this.#history.size;
      this.now++;
      await this.#begin(proc, { kind: 'get', key, by: proc.id, start: this.now }, ALL_STEPS);
      if (this.#history.size === before) isBlind = true;
      else ids.set(key, this.#history.last!.id);
    }
    if (isBlind) return;
    const listed = await this.#stage.list(proc, this.#keys);
    for (const [key, id] of ids) {
      if (listed.keys.has(key) === (id !== null) && listed.has.has(key) === (id !== null)) continue;
      if (id !== null && (this.#lives.get(id) ?? FOREVER) <= this.now + SOON) continue;
      this.failed(
        `keys() ${listed.keys.has(key)}, has(${key}) ${listed.has.has(key)}, get(${key}) ${id}, by P${proc.id} at ${this.now}`,
      );
    }
  }

  /** Everything works again. What is there is read in every way, across evictions and restarts. */
  async #settle(): Promise<void> {
    this.down.clear();
    await this.#drain();
    for (let attempt = 0; attempt < 3; attempt++) {
      this.now += RETRY_MS;
      await this.#stage.advance();
    }
    this.say('all is well again');
    const first = this.#procs[0]!;
    if (!this.#procs.some(({ isAlive }) => isAlive)) await this.#open(first);
    const alive = this.#procs.filter(({ isAlive }) => isAlive);
    for (const proc of alive) await this.#readTwice(proc);
    this.now++;
    this.#history.endAll(this.now);
    this.now++;
    await this.#stage.advance();
    for (const proc of alive) await this.#readTwice(proc);
    for (const key of this.#keys) await this.#evictMiddle(key);
    for (const proc of alive) await this.#readTwice(proc);
    for (const [i, proc] of alive.entries()) await (i === 0 ? this.#kill(proc) : this.#leave(proc));
    await this.#readTwice(first);
    for (const key of this.#keys) await this.#evictMiddle(key);
    await this.#readTwice(first);
  }

  async #readTwice(proc: StageProcess): Promise<void> {
    await this.#probe(proc);
    if (proc.isAlive) await this.#stage.evictMemory(proc, this.#keys);
    await this.#probe(proc);
  }
}

function nameOf({ kind, key = '', id, by }: Request): string {
  return [`P${by}`, kind, key, id].filter(Boolean).join(' ');
}
