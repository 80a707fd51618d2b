import { GONE } from '../../ledger/ledger.ts';

/** What is known of one key. */
interface Known {
  /** The acknowledged value, and those of later changes that were begun. */
  readonly allowed: Set<string>;
  /** True if the value was read, and nothing was begun since. */
  isSeen: boolean;
}

/**
 * Judges a ledger with lines of three kinds: `begin key value` before a change, `done key value` once it was
 * acknowledged, and `saw key value` for a read. After a kill a change that was begun has happened or not; the first
 * read decides which.
 */
export class SeriesLedger {
  /** One line for each read of a value that was overwritten by an acknowledged change, or never written. */
  readonly lost: string[] = [];
  /** One line for each read that contradicts an earlier one, with no change in between. */
  readonly flips: string[] = [];
  acknowledged = 0;
  reads = 0;
  readonly #known = new Map<string, Known>();

  constructor(text: string) {
    // A kill may have cut a line.
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
      const [what, key, value] = line.split(' ');
      if (key !== undefined && value !== undefined) this.#take(what!, key, value);
    }
  }

  #take(what: string, key: string, value: string): void {
    const known = this.#known.get(key) ?? { allowed: new Set([GONE]), isSeen: false };
    this.#known.set(key, known);
    if (what === 'saw') {
      this.reads++;
      if (!known.allowed.has(value)) {
        const list = known.isSeen ? this.flips : this.lost;
        list.push(`${key} = ${value} instead of ${[...known.allowed].join(' or ')}`);
      }
      known.allowed.clear();
      known.isSeen = true;
    } else if (what === 'done') {
      this.acknowledged++;
      known.allowed.clear();
      known.isSeen = false;
    } else known.isSeen = false;
    known.allowed.add(value);
  }
}
