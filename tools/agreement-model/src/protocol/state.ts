import { ask, type Call, FAIL, type Fail, type Steps, supervise } from '../world/call.ts';
import type { Mark, Middle } from '../world/middle.ts';
import type { Process } from '../world/process.ts';
import { EVERYTHING, type StoredRecord } from '../world/record.ts';
import type { Surroundings } from '../world/surroundings.ts';
import type { Rule } from './rules.ts';

/** What a process believes about one middle. */
export interface View {
  readonly store: Middle;
  /** Versions of writes in the log that the middle may lack. */
  readonly behind: Map<string, number>;
  /** Versions up to which this process has seen the middle agree. */
  readonly right: Map<string, number>;
  /** Its marks, as they were read last. */
  marks: ReadonlyMap<string, Mark>;
  /** Whether the marks were ever read. */
  isRead: boolean;
  /** Whether others may have written here alone since the marks were read: the base has failed since. */
  isDoubtful: boolean;
  /** Whether its base has a cursor for it. */
  isKnown: boolean;
  /** How much of its tail has been read. */
  tailEnd: number;
}

/** What one life of a process keeps in memory. */
export class State {
  readonly around: Surroundings;
  readonly proc: Process;
  readonly memory = new Map<string, StoredRecord>();
  readonly views: readonly View[];
  /** The highest version heard of. */
  after = 0;
  /** The position up to which the log was read; -1 before the first time. */
  fed = -1;
  baseId: number | undefined;
  polledAt = Number.NEGATIVE_INFINITY;
  readonly #locks = new Set<string>();
  readonly #doomed = new Map<string, number>();

  constructor(around: Surroundings, proc: Process) {
    this.around = around;
    this.proc = proc;
    this.views = proc.middles.map((store) => ({
      store,
      behind: new Map(),
      right: new Map(),
      marks: new Map(),
      isRead: false,
      isDoubtful: true,
      isKnown: false,
      tailEnd: 0,
    }));
  }

  has(rule: Rule): boolean {
    return !this.around.config.without.has(rule);
  }

  get now(): number {
    return this.around.now;
  }

  get clock(): number {
    return this.around.clockOf(this.proc);
  }

  hear(ver: number): void {
    if (this.has('after')) this.after = Math.max(this.after, ver);
  }

  /** Whether the middle may have what the base lacks. */
  isMarked(view: View, key: string): boolean {
    if (view.marks.has(key) || view.marks.has(EVERYTHING)) return true;
    return this.has('unknown') && this.baseId !== undefined && !view.isKnown;
  }

  isMarkedAnywhere(key: string): boolean {
    return this.views.some((view) => this.isMarked(view, key));
  }

  // Steps.

  /** A base that has replaced the one that is known counts as one that does not answer, until it is polled. */
  inBase<T>(label: string, run: () => T): Steps<T | Fail> {
    const isOther = () => this.baseId !== undefined && this.baseId !== this.around.base.id && this.has('base-id');
    return this.inAnyBase<T | Fail>(label, () => (isOther() ? FAIL : run()));
  }

  inAnyBase<T>(label: string, run: () => T): Steps<T | Fail> {
    return ask({ tier: 'base', label: `base: ${label}`, run });
  }

  inMiddle<T>({ store }: View, label: string, run: () => T): Steps<T | Fail> {
    return ask({ tier: store.name, label: `${store.name}: ${label}`, run });
  }

  /** Runs work under the lock of a middle. `never`: it does not begin after its deadline. */
  underLock<T>(view: View, label: string, work: () => Steps<T>, never = false): Steps<T | Fail> {
    const { proc, around } = this;
    let isBegun = false;
    const locked = this.#locked(view, label, work, () => {
      isBegun = true;
    });
    return supervise(locked, (rest, next) => {
      if (isBegun || !never) around.detach(proc, rest, next);
    });
  }

  *#locked<T>(view: View, label: string, work: () => Steps<T>, begin: () => void): Steps<T | Fail> {
    const { store } = view;
    const me = { proc: this.proc, run: this.proc.run };
    const lock: Call = {
      tier: store.name,
      label: `${store.name}: lock (${label})`,
      run: () => {
        store.holder = me;
        begin();
      },
      isBlocked: () => store.holder !== null,
      isDeadlocked: () => store.holder !== null && this.around.isGone(store.holder),
    };
    if ((yield lock) === FAIL) return FAIL;
    const result = yield* work();
    if (store.holder === me) store.holder = null;
    return result;
  }

  /** Runs work while no other of this process works on the key. */
  *exclusively<T>(key: string, work: () => Steps<T>): Steps<T> {
    const locks = this.#locks;
    yield {
      tier: 'me',
      label: `lock ${key}`,
      run: () => locks.add(key),
      isBlocked: () => (key === EVERYTHING ? locks.size > 0 : locks.has(key) || locks.has(EVERYTHING)),
    };
    const result = yield* work();
    this.#unlock(key);
    return result;
  }

  #unlock(key: string): void {
    this.#locks.delete(key);
    const doom = this.#doomed.get(key);
    if (doom === undefined) return;
    this.#doomed.delete(key);
    if ((this.memory.get(key)?.ver ?? Number.POSITIVE_INFINITY) < doom) this.memory.delete(key);
  }

  /** A write of the key was heard of: an older copy in memory is dropped, also one that is on its way. */
  forget(key: string, ver: number): void {
    const isMeant = (own: string) => own === key || key === EVERYTHING;
    for (const [own, record] of this.memory) if (isMeant(own) && record.ver < ver) this.memory.delete(own);
    if (!this.has('doom')) return;
    for (const own of this.#locks) if (isMeant(own)) raise(this.#doomed, own, ver);
  }

  forgetEverything(): void {
    this.forget(EVERYTHING, Number.POSITIVE_INFINITY);
  }
}

export function raise(map: Map<string, number>, key: string, ver: number): void {
  if ((map.get(key) ?? 0) < ver) map.set(key, ver);
}

/** The version noted for a key, or for everything if that is higher. */
export function noted(map: ReadonlyMap<string, number>, key: string): number {
  return Math.max(map.get(key) ?? 0, map.get(EVERYTHING) ?? 0);
}
