import type { CacheEntry } from '@pw/cache-models';
import type { ContractRule } from '../contract/contract-rules.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

/** An entry to store: its key, and its lifetime in milliseconds. */
export type Put = readonly [key: string, life: number];

/** One command of a history: its name and its arguments. */
export type Command =
  | readonly ['put', ...Put]
  | readonly ['get' | 'delete' | 'has' | 'peek', string]
  | readonly ['getMany' | 'deleteMany', readonly string[]]
  | readonly ['putMany', readonly Put[]]
  | readonly ['advance', number]
  | readonly ['clear' | 'cleanup' | 'size' | 'keys' | 'entries' | 'reopen' | 'renew'];

/** Runs a tier beside the simplest model of it, a Map, and compares their answers. */
export class ModelRun {
  readonly #trial: Trial;
  readonly #model = new Map<string, CacheEntry>();
  #tier: ObservedTier;
  #puts = 0;
  #steps = 0;

  constructor(trial: Trial, tier: ObservedTier) {
    this.#trial = trial;
    this.#tier = tier;
  }

  /** Runs one command on both, and compares their answers. */
  async do(command: Command): Promise<void> {
    this.#steps++;
    switch (command[0]) {
      case 'put':
        return this.#put([command[1], command[2]]);
      case 'putMany':
        return this.#putMany(command[1]);
      case 'getMany':
        return this.#getMany(command[1]);
      case 'deleteMany': {
        const expected = command[1].map((key) => this.#remove(key));
        return this.#same('deleteMany', await this.#tier.deleteMany(command[1]), expected, 'batches');
      }
      case 'get':
      case 'peek':
      case 'has':
      case 'delete':
        return this.#single(command[0], command[1]);
      case 'advance':
        return this.#trial.clock.advance(command[1]);
      case 'reopen':
      case 'renew':
        return this.#reopen(command[0] === 'renew');
      default:
        return this.#whole(command[0]);
    }
  }

  /** Compares the whole content, in every field, at the end of a history. */
  async compare(): Promise<void> {
    await this.#whole('size');
    await this.#whole('keys');
    await this.#whole('entries');
    await this.#getMany([...this.#model.keys()]);
  }

  async #put(put: Put): Promise<void> {
    const entry = this.#entryOf(put);
    this.#same(`put("${entry.key}")`, await this.#tier.put(entry), true, 'stores');
    this.#model.set(entry.key, entry);
  }

  async #putMany(puts: readonly Put[]): Promise<void> {
    const entries = puts.map((put) => this.#entryOf(put));
    this.#same('putMany', await this.#tier.putMany(entries), Array(entries.length).fill(true), 'batches');
    for (const entry of entries) this.#model.set(entry.key, entry);
  }

  async #getMany(keys: readonly string[]): Promise<void> {
    const found = await this.#tier.getMany(keys);
    const expected = [...new Set(keys)].filter((key) => this.#live(key) !== undefined);
    this.#trial.sameSet(this.#at('keys of getMany'), found.keys(), expected, 'batches');
    for (const [key, entry] of found)
      this.#trial.sameEntry(this.#at(`"${key}" of getMany`), entry, this.#live(key), 'batches');
  }

  async #single(name: 'get' | 'peek' | 'has' | 'delete', key: string): Promise<void> {
    const live = this.#live(key);
    const what = this.#at(`${name}("${key}")`);
    if (name === 'get') this.#trial.sameEntry(what, await this.#tier.get(key), live, 'stores');
    else if (name === 'has') this.#trial.same(what, await this.#tier.has(key), live !== undefined, 'looks');
    else if (name === 'delete') this.#trial.same(what, await this.#tier.delete(key), this.#remove(key), 'deletes');
    else this.#trial.sameEntry(what, await this.#tier.peek(key), live, 'looks');
  }

  async #whole(name: 'clear' | 'cleanup' | 'size' | 'keys' | 'entries'): Promise<void> {
    const live = [...this.#model.keys()].filter((key) => this.#live(key) !== undefined);
    if (name === 'size') this.#same('size', await this.#tier.size(), live.length, 'lists');
    else if (name === 'keys') this.#trial.sameSet(this.#at('keys'), await this.#tier.keys(), live, 'lists');
    else if (name === 'entries') await this.#entries(live);
    else if (name === 'cleanup') await this.#cleanup(live);
    else {
      this.#same('clear', await this.#tier.clear(), live.length, 'clears');
      this.#model.clear();
    }
  }

  async #entries(live: readonly string[]): Promise<void> {
    const received = await this.#tier.entries();
    this.#trial.sameSet(
      this.#at('keys of entries'),
      received.map(({ key }) => key),
      live,
      'lists',
    );
    for (const entry of received)
      this.#trial.sameEntry(this.#at(`"${entry.key}" of entries`), entry, this.#model.get(entry.key), 'lists');
  }

  /** An expired entry may be gone already: a get may have removed it, or the tier cleans up on its own. */
  async #cleanup(live: readonly string[]): Promise<void> {
    const most = this.#model.size - live.length;
    const received = await this.#tier.cleanupExpired();
    this.#trial.holds(
      this.#at('cleanupExpired'),
      received >= 0 && received <= most,
      `at most ${most}`,
      received,
      'cleanup',
    );
    for (const key of this.#model.keys()) if (!live.includes(key)) this.#model.delete(key);
  }

  async #reopen(renew: boolean): Promise<void> {
    await this.#tier.close();
    if (!this.#tier.raw.capabilities.persistent) this.#model.clear();
    if (renew) this.#tier = await this.#trial.tier();
  }

  #entryOf([key, life]: Put): CacheEntry {
    const count = ++this.#puts;
    const now = this.#trial.clock.now();
    const login = count % 3 === 0 ? { username: `user ${count}`, password: `pass ${count}` } : {};
    return makeEntry(key, { source: `put ${count}`, failureCount: count, expiresAt: now + life, ...login }, now);
  }

  #live(key: string): CacheEntry | undefined {
    const entry = this.#model.get(key);
    return entry?.isExpiredAt(this.#trial.clock.now()) === false ? entry : undefined;
  }

  #remove(key: string): boolean {
    const wasLive = this.#live(key) !== undefined;
    this.#model.delete(key);
    return wasLive;
  }

  #same(what: string, received: unknown, expected: unknown, rule: ContractRule): void {
    this.#trial.same(this.#at(what), received, expected, rule);
  }

  #at(what: string): string {
    return `${what}, command ${this.#steps}`;
  }
}
