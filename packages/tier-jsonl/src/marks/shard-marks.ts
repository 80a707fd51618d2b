import { LockLost } from '../lock/lock-lost.ts';
import type { LockChecks, MarkFile } from './mark-file.ts';
import type { MarkChange, MarkKey } from './mark-lines.ts';

/** The shard in whose file the mark of everything is: every directory has it. */
export const EVERYTHING_SHARD = 0;

/**
 * The marks as the writer of one shard sees them, with the lock of the shard held: those of its own file, and the mark
 * of everything in the file of the first shard. They are read when they are first asked for after `begin`; nobody else
 * changes those of the shard until its lock is released. The mark of everything may come and go in between, which is
 * the same as before or after.
 */
export class ShardMarks {
  readonly #own: MarkFile;
  readonly #everything: MarkFile;
  readonly #lock: LockChecks;
  readonly #flush: boolean;
  #isRead = false;

  constructor(own: MarkFile, everything: MarkFile, lock: LockChecks, flush: boolean) {
    this.#own = own;
    this.#everything = everything;
    this.#lock = lock;
    this.#flush = flush;
  }

  /** The lock was taken: what was read before may be outdated. */
  begin(): void {
    this.#isRead = false;
  }

  /** The marks in the shard's own file. Throws LockLost, or the system's error. */
  get own(): ReadonlyMap<MarkKey, number> {
    this.#read();
    return this.#own.marks;
  }

  /** The mark of everything. */
  get ofEverything(): number | undefined {
    this.#read();
    return highest(this.#own.marks.get(null), this.#everything.marks.get(null));
  }

  get areNone(): boolean {
    this.#read();
    return this.#own.marks.size === 0 && !this.#everything.marks.has(null);
  }

  write(changes: readonly MarkChange[]): void {
    if (changes.length === 0) return;
    this.#read();
    this.#own.write(changes, this.#flush, this.#lock);
  }

  #read(): void {
    if (this.#isRead) return;
    // A file that was opened just now is ours only if no process took the lock over before.
    if (this.#own.refresh() && !this.#lock.isStillOurs()) throw new LockLost();
    if (this.#own !== this.#everything) this.#everything.refresh();
    this.#isRead = true;
  }
}

/** The higher of two marks, either of which may be absent. */
export function highest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
