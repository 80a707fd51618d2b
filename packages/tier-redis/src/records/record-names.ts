/** What a name on the server stands for: an entry, its accesses, a lease, a record that was set aside, a value beside the entries. */
export type Kind = 'e' | 'a' | 'l' | 'q' | 'v';

/** True for a text of letters, digits and `. _ : -`, none of which means anything to a server. */
export function isNamespace(value: unknown): boolean {
  return typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value);
}

/**
 * Names on the server. They begin with the namespace, so that one SCAN pattern and one tracking prefix cover it. Braces
 * decide where a cluster keeps a name: around the namespace they keep it together on one node, around the key they
 * spread it over all nodes, with everything of one key on the same node.
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

  /** The dot keeps the part in braces from being empty, which would not count. */
  name(kind: Kind, key: string): string {
    return this.isSpread ? `${this.#base}${kind}:{.${key}}` : `${this.#base}${kind}:${key}`;
  }

  /** The key in a name of an entry. */
  keyOf(name: string): string {
    const rest = name.slice(this.#base.length + 2);
    return this.isSpread ? rest.slice(2, -1) : rest;
  }

  /** A pattern of SCAN; nothing in a namespace has a meaning of its own there. */
  pattern(kind: Kind): string {
    return `${this.prefix(kind)}*`;
  }

  /** Order of eviction, deadlines and the counter of a bounded namespace, which is never spread. */
  index(policy: string): readonly [order: string, deadlines: string, counter: string] {
    return [`${this.#base}o:${policy}`, `${this.#base}x`, `${this.#base}s`];
  }

  get format(): string {
    return `${this.#base}format`;
  }
}
