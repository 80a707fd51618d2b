/** The value of an absent key. */
export const GONE = '-';

/** One line of a ledger: a change that a writer was about to make, or that was acknowledged. */
export interface LedgerLine {
  readonly isDone: boolean;
  readonly key: string;
  readonly value: string;
}

/**
 * The changes that a writer began and those that were acknowledged. The writer keeps its ledger outside the store that
 * is being broken (see `ledger-writer.ts`): a line before each change, and a line when it is acknowledged. These lines
 * determine which values each key may have afterwards.
 */
export class Ledger {
  readonly lines: readonly LedgerLine[];
  readonly #allowed = new Map<string, Set<string>>();
  readonly #ever = new Map<string, Set<string>>();

  constructor(text: string) {
    this.lines = text.split('\n').slice(0, -1).map(parse);
    for (const { isDone, key, value } of this.lines) {
      const allowed = this.allowed(key);
      if (isDone) allowed.clear();
      this.#allowed.set(key, allowed.add(value));
      this.#ever.set(key, (this.#ever.get(key) ?? new Set([GONE])).add(value));
    }
  }

  get keys(): Iterable<string> {
    return this.#allowed.keys();
  }

  get acknowledged(): number {
    return this.lines.filter(({ isDone }) => isDone).length;
  }

  /** The last acknowledged value of a key, and values of later changes, which may have happened or not. */
  allowed(key: string): Set<string> {
    return this.#allowed.get(key) ?? new Set([GONE]);
  }

  /** All values that a key ever had or was about to have. */
  ever(key: string): ReadonlySet<string> {
    return this.#ever.get(key) ?? new Set([GONE]);
  }

  /** Keys with a value that is not allowed: lost, stale or never written. */
  broken(found: ReadonlyMap<string, string>): string[] {
    const keys = new Set([...this.keys, ...found.keys()]);
    return [...keys].filter((key) => !this.allowed(key).has(found.get(key) ?? GONE));
  }

  /** Keys with a value that was never written. */
  invented(found: ReadonlyMap<string, string>): string[] {
    return [...found].filter(([key, value]) => !this.ever(key).has(value)).map(([key]) => key);
  }

  /**
   * Groups of keys, such as shards, whose contents match no moment of their history: more is missing than their newest
   * changes.
   */
  torn(found: ReadonlyMap<string, string>, groupOf: (key: string) => string): string[] {
    const groups = new Map<string, LedgerLine[]>();
    for (const line of this.lines) {
      if (line.isDone) continue;
      const group = groupOf(line.key);
      groups.set(group, [...(groups.get(group) ?? []), line]);
    }
    return [...groups].filter(([, changes]) => !isSomeMoment(changes, found)).map(([group]) => group);
  }
}

function isSomeMoment(changes: readonly LedgerLine[], found: ReadonlyMap<string, string>): boolean {
  const wrong = new Set(changes.map(({ key }) => key).filter((key) => found.has(key)));
  if (wrong.size === 0) return true;
  for (const { key, value } of changes) {
    if ((found.get(key) ?? GONE) === value) wrong.delete(key);
    else wrong.add(key);
    if (wrong.size === 0) return true;
  }
  return false;
}

function parse(line: string): LedgerLine {
  const [what, key, value] = line.split(' ');
  if ((what !== 'begin' && what !== 'done') || key === undefined || value === undefined)
    throw new Error(`invalid line in a ledger: expected "begin|done key value", got ${JSON.stringify(line)}`);
  return { isDone: what === 'done', key, value };
}
