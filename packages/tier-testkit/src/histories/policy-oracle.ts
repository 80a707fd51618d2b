import { EvictionPolicy } from '@pw/cache-models';

interface Row {
  readonly stored: number;
  used: number;
  uses: number;
}

/** Says who may have to go next from a full tier, by the plainest means: a list of all, searched. */
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

  /** A put: of a key that is there it is a use. */
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

  /** Who may go next: of those used equally seldom the one stored first, or the one whose last use is longest ago. */
  candidates(): string[] {
    if (this.#policy === EvictionPolicy.FIFO) return this.#lowest(this.keys, (row) => row.stored);
    if (this.#policy === EvictionPolicy.LRU) return this.#lowest(this.keys, (row) => row.used);
    const seldom = this.#lowest(this.keys, (row) => row.uses);
    return [...new Set([...this.#lowest(seldom, (row) => row.stored), ...this.#lowest(seldom, (row) => row.used)])];
  }

  #lowest(keys: readonly string[], rank: (row: Row) => number): string[] {
    const ranks = keys.map((key) => rank(this.#rows.get(key)!));
    const lowest = Math.min(...ranks);
    return keys.filter((_, at) => ranks[at] === lowest);
  }
}
