import { EvictionPolicy } from '@pw/cache-models';

interface Row {
  readonly stored: number;
  used: number;
  uses: number;
}

/** Determines which entries a full tier may evict next, by searching a plain list of all entries. */
export class PolicyOracle {
  readonly #rows = new Map<string, Row>();
  readonly #policy: EvictionPolicy;
  #step = 0;

  constructor(policy: EvictionPolicy) {
    this.#policy = policy;
  }

  get keys(): string[] {
    return [...this.#rows.keys()];
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** A put; for a key that is present, it counts as a use. */
  put(key: string): void {
    if (this.has(key)) this.use(key);
    else this.#rows.set(key, { stored: ++this.#step, used: this.#step, uses: 1 });
  }

  use(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    row.used = ++this.#step;
    row.uses++;
  }

  remove(key: string): void {
    this.#rows.delete(key);
  }

  /** The entries that may be evicted next. With lfu, a tie may be broken by the first put or by the last use. */
  candidates(): string[] {
    if (this.#policy === EvictionPolicy.FIFO) return this.#lowest(this.keys, (row) => row.stored);
    if (this.#policy === EvictionPolicy.LRU) return this.#lowest(this.keys, (row) => row.used);
    const leastUsed = this.#lowest(this.keys, (row) => row.uses);
    return [
      ...new Set([...this.#lowest(leastUsed, (row) => row.stored), ...this.#lowest(leastUsed, (row) => row.used)]),
    ];
  }

  #lowest(keys: readonly string[], rank: (row: Row) => number): string[] {
    const ranks = keys.map((key) => rank(this.#rows.get(key)!));
    const lowest = Math.min(...ranks);
    return keys.filter((_, at) => ranks[at] === lowest);
  }
}
