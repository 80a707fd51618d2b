import type { Life } from './life.ts';
import { EVERYTHING, type StoredRecord } from './record.ts';

/** A line that readers of the files see appear: a key that changed. */
export interface TailLine {
  readonly key: string;
  readonly ver: number;
}

/** What the base may miss of a key. */
export interface Mark {
  /** The version of a removal; 0: the record alone is marked. */
  readonly removal: number;
  /** The highest version that was given here: what follows must be above it. 0 if none was. */
  readonly given: number;
}

/**
 * A persistent tier above the base: records, a lock between processes, and marks of what the base may miss. Each
 * method is one atomic step.
 */
export class Middle {
  readonly name: string;
  readonly recs = new Map<string, StoredRecord>();
  readonly marks = new Map<string, Mark>();
  readonly tail: TailLine[] = [];
  holder: Life | null = null;
  /**
   * The last base that was seen not to know this tier. Not stored: it tells the checker from when on nothing may be
   * lost.
   */
  unknownTo: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  put(key: string, record: StoredRecord): void {
    this.recs.set(key, record);
    this.tail.push({ key, ver: record.ver });
  }

  drop(key: string, ver: number): void {
    if (this.recs.delete(key)) this.tail.push({ key, ver });
  }

  /** The mark of the key, or of everything, or what both say. */
  markOf(key: string): Mark | undefined {
    return markIn(this.marks, key);
  }

  /** The newest version that a marked key has here. */
  versionOf(key: string): number {
    return Math.max(this.recs.get(key)?.ver ?? 0, this.markOf(key)?.removal ?? 0);
  }

  /** Removes what is older than a version, and marks that are not above it. `keeps`: those of newer records stay. */
  clearOlder(ver: number, keeps = true): void {
    for (const [key, record] of [...this.recs]) if (record.ver < ver) this.drop(key, ver);
    for (const [key, mark] of [...this.marks]) {
      const isKept = keeps && (key === EVERYTHING ? mark.removal === 0 : this.recs.has(key));
      if (mark.removal <= ver && !isKept) this.marks.delete(key);
    }
  }
}

export function markIn(marks: ReadonlyMap<string, Mark>, key: string): Mark | undefined {
  const own = marks.get(key);
  const all = marks.get(EVERYTHING);
  if (own === undefined || all === undefined) return own ?? all;
  return { removal: Math.max(own.removal, all.removal), given: Math.max(own.given, all.given) };
}
