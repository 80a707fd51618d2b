import { type AccessUpdate, isPromise, type TouchedEntries } from '@pw/cache-models';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

/** A step of a history: what happens to a key. */
export type Touch =
  | 'touch'
  | 'put'
  | 'wait'
  | 'outlive'
  | 'take'
  | 'get'
  | 'delete'
  | 'forget'
  | 'forgetAll'
  | 'cleanup'
  | 'clear'
  | 'close';
export type TouchStep = readonly [does: Touch, key: string];

const KEYS = ['a', 'b', 'c', '__proto__', 'never'];
/** Lifetime of an entry in a history, in milliseconds. */
const LIFE = 10;

/** Records what a tier's view of its touches should report, and compares it with what the view reports. */
export class TouchLedger {
  readonly view: TouchedEntries;
  readonly #trial: Trial;
  readonly #tier: ObservedTier;
  readonly #counted = new Map<string, AccessUpdate>();

  constructor(trial: Trial, tier: ObservedTier) {
    this.#trial = trial;
    this.#tier = tier;
    this.view = tier.raw.touched!();
  }

  /** The number of touched keys that are left to take. */
  get left(): number {
    return this.#counted.size;
  }

  async touch(key: string): Promise<void> {
    const entry = await this.#tier.touch(key);
    if (entry === undefined) return;
    const before = this.#counted.get(key);
    this.#counted.set(key, {
      key,
      accessCount: Math.max(entry.accessCount, before?.accessCount ?? 0),
      lastAccessed: Math.max(entry.lastAccessed, before?.lastAccessed ?? entry.lastAccessed),
    });
  }

  forget(key?: string): void {
    const answer: unknown = this.view.forget(key);
    this.#trial.holds(`forget(${key ?? ''})`, !isPromise(answer), 'no promise', 'a promise');
    if (key === undefined) this.#counted.clear();
    else this.#counted.delete(key);
  }

  /** Takes up to `limit` updates; fails unless each is as counted, and at least one is returned if there are any. */
  take(limit: number): void {
    const taken = this.view.take(limit);
    const { length } = taken;
    const [least, most] = [Math.min(limit, this.left, 1), Math.min(limit, this.left)];
    const what = `number of updates from take(${limit}) with ${this.left} left`;
    this.#trial.holds(what, length >= least && length <= most, `${least} to ${most}`, length);
    for (const update of taken) {
      this.#trial.same(`an update from take(${limit})`, plain(update), this.#counted.get(update.key));
      this.#counted.delete(update.key);
    }
  }

  /** Takes until there is nothing left. */
  takeAll(): void {
    while (this.left > 0) this.take(1000);
    this.#trial.same('take after everything was taken', this.view.take(1000), []);
  }

  /** Fails unless the view reports the counts of these keys, and a `count` of at least the number left to take. */
  compare(keys: readonly string[], when: string): void {
    for (const key of keys) this.#trial.same(`of("${key}") ${when}`, plain(this.view.of(key)), this.#counted.get(key));
    const { count } = this.view;
    this.#trial.holds(`count ${when}`, count >= this.left, `at least ${this.left}`, count);
  }

  /** Runs one step of a history and compares everything. */
  async do([does, key]: TouchStep): Promise<void> {
    const { clock } = this.#trial;
    if (does === 'touch') await this.touch(key);
    else if (does === 'put') await this.#tier.put(makeEntry(key, { expiresAt: clock.now() + LIFE }, clock.now()));
    else if (does === 'wait') clock.advance(1);
    else if (does === 'outlive') clock.advance(LIFE);
    else if (does === 'take') this.take(2);
    else if (does === 'forget') this.forget(key);
    else if (does === 'forgetAll') this.forget();
    else if (does === 'cleanup') await this.#tier.cleanupExpired();
    else if (does === 'get' || does === 'delete') await this.#tier[does](key);
    else await this.#tier[does]();
    this.compare(KEYS, `after ${does} "${key}"`);
  }
}

/** Without `evictedFromL1`, which is up to the tier. */
function plain(update: AccessUpdate | undefined): AccessUpdate | undefined {
  if (update === undefined) return undefined;
  const { key, accessCount, lastAccessed } = update;
  return { key, accessCount, lastAccessed };
}
