import { CacheEntry } from '@pw/cache-models';
import type { JsonlCacheTier, JsonlTierOptions } from '@pw/tier-jsonl';
import { EVERY_KEY } from '../../ledger/history.ts';
import { HistoryWriter } from '../../ledger/history-writer.ts';
import { GONE } from '../../ledger/ledger.ts';
import { entryOf, openTier, valuesIn } from '../survey.ts';
import type { Steps } from './operations.ts';
import { takeProxyWhirlTurn } from './proxywhirl-turn.ts';

export interface ClientOptions {
  readonly directory: string;
  /** The history file, outside the directory. */
  readonly history: string;
  /** The prefix of all values that it writes. */
  readonly name: string;
  readonly lock: JsonlTierOptions['lock'];
}

/** A client of a store that records what it does in a history. */
export class StoreClient {
  readonly #options: ClientOptions;
  readonly #history: HistoryWriter;
  #tier: JsonlCacheTier | undefined;
  #written = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#history = new HistoryWriter(options.history, options.name);
  }

  /** Takes the steps in order; stops and returns false when a change is refused. Throws only errors of `open`. */
  async run(work: Steps): Promise<boolean> {
    for (const step of work) if (!(await this.#take(step))) return false;
    return true;
  }

  async open(numShards?: number): Promise<void> {
    const { directory, lock } = this.#options;
    this.#tier ??= openTier(directory, { numShards, lock });
    await this.#tier.open();
  }

  /** The value of every key as this client sees it. */
  view(): Promise<Map<string, string>> {
    return valuesIn(this.#open);
  }

  /** The number of damaged lines that it found. */
  get damaged(): number {
    return this.#tier?.statistics.evictionsCorruption ?? 0;
  }

  async close(): Promise<void> {
    await this.#close();
    this.#history.close();
  }

  /** False if a change was refused. */
  async #take(step: Steps[number]): Promise<boolean> {
    if (step.do === 'put') return this.#each(step.keys, (key) => this.#put(key));
    if (step.do === 'delete') return this.#each(step.keys, (key) => this.#delete(key));
    if (step.do === 'batch') return this.#batch(step.keys);
    if (step.do === 'batch as ProxyWhirl') return this.#batchAsProxyWhirl(step.keys);
    if (step.do === 'clear') return this.#clear();
    if (step.do === 'sweep') return this.#well((tier) => tier.cleanupExpired());
    if (step.do === 'put expired') await this.#open.putMany(step.keys.map(expiredEntry));
    else if (step.do === 'open') await this.open(step.numShards);
    else await this.#close();
    return true;
  }

  async #close(): Promise<void> {
    await this.#tier?.close();
    this.#tier = undefined;
  }

  async #each(keys: readonly string[], change: (key: string) => Promise<boolean>): Promise<boolean> {
    for (const key of keys) if (!(await change(key))) return false;
    return true;
  }

  #put(key: string): Promise<boolean> {
    const value = this.#next();
    return this.#history.note(key, value, () => this.#well((tier) => tier.put(key, entryOf(key, value))));
  }

  #batch(keys: readonly string[]): Promise<boolean> {
    return this.#changeAll(keys, async (entries) => this.#open.putMany(entries));
  }

  #batchAsProxyWhirl(keys: readonly string[]): Promise<boolean> {
    return this.#changeAll(keys, async (entries) => {
      takeProxyWhirlTurn(this.#options.directory, entries);
      return entries.map(() => true);
    });
  }

  #changeAll(
    keys: readonly string[],
    change: (entries: readonly CacheEntry[]) => Promise<readonly boolean[]>,
  ): Promise<boolean> {
    const changes = keys.map((key) => [key, this.#next()] as const);
    return this.#history.noteAll(changes, () => change(changes.map(([key, value]) => entryOf(key, value))));
  }

  #delete(key: string): Promise<boolean> {
    return this.#history.note(key, GONE, () => this.#well((tier) => tier.delete(key).then(() => true)));
  }

  #clear(): Promise<boolean> {
    return this.#history.note(EVERY_KEY, GONE, () => this.#well((tier) => tier.clear().then(() => true)));
  }

  /** True if the operation succeeded and the tier counted no failure. */
  async #well(work: (tier: JsonlCacheTier) => Promise<unknown>): Promise<boolean> {
    const tier = this.#open;
    const before = tier.totalFailures;
    return (await work(tier)) !== false && tier.totalFailures === before;
  }

  get #open(): JsonlCacheTier {
    if (this.#tier === undefined) throw new Error('the client has not opened its store');
    return this.#tier;
  }

  #next(): string {
    this.#written++;
    return `${this.#options.name}.${this.#written}`;
  }
}

/** An expired entry, which no client sees. */
function expiredEntry(key: string): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', expiresAt: 1 });
}
