/** Kinds of names: `e` entry, `a` its access count and time, `l` lease, `q` quarantined record, `v` side value. */
export type Kind = 'e' | 'a' | 'l' | 'q' | 'v';

/** True for a string of letters, digits and `. _ : -`, none of which is special in a `SCAN` pattern. */
export function isNamespace(value: unknown): boolean {
  return typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value);
}

/**
 * Names on the server. They begin with the namespace, so that one SCAN pattern and one tracking prefix cover it. In a
 * cluster, the part in braces decides which node holds a name: braces around the namespace keep it on one node, braces
 * around the key spread it over all nodes while all names of one key stay together.
 */
export class RecordNames {
  readonly isSpread: boolean;
  readonly #base: string;

  constructor(namespace: string, isSpread: boolean) {
    this.isSpread = isSpread;
    this.#base = isSpread ? `pw:<${namespace}>:` : `pw:{${namespace}}:`;
  }

  prefix(kind: Kind): string {
    return `${this.#base}${kind}:`;
  }

  /** The dot keeps the part in braces from being empty; a cluster ignores empty braces. */
  name(kind: Kind, key: string): string {
    return this.isSpread ? `${this.#base}${kind}:{.${key}}` : `${this.#base}${kind}:${key}`;
  }

  /** The key from the name of an entry. */
  keyOf(name: string): string {
    const rest = name.slice(this.#base.length + 2);
    return this.isSpread ? rest.slice(2, -1) : rest;
  }

  /** A SCAN pattern. A namespace needs no escaping, see {@link isNamespace}. */
  pattern(kind: Kind): string {
    return `${this.prefix(kind)}*`;
  }

  /** Eviction order, deadlines and counter of a bounded namespace, which is always on one node. */
  index(policy: string): readonly [order: string, deadlines: string, counter: string] {
    return [`${this.#base}o:${policy}`, `${this.#base}x`, `${this.#base}s`];
  }

  get format(): string {
    return `${this.#base}format`;
  }
}
