import { dirname } from 'node:path';
import { syncFolder } from '@pw/cache-models/tier';
import { LockLost } from '../lock/lock-lost.ts';
import type { ShardFile } from '../shard/shard-file.ts';
import { type MarkChange, type MarkKey, markLine, parseMarkLine } from './mark-lines.ts';

/** A file of more bytes than this is rewritten if most of its lines are outdated. */
const REWRITE_FROM = 64 * 1024;
const NEWLINE = 0x0a;

/** The checks of its shard's lock that a writer of marks makes. */
export interface LockChecks {
  confirmHeld(): boolean;
  isStillOurs(): boolean;
}

/** The file that has the marks of a shard, beside the shard: ProxyWhirl reads names that end with `.jsonl` only. */
export function markFileName(shardFile: string): string {
  return `${shardFile}.marks`;
}

/**
 * The marks of one shard, in a file that only exists once something was marked. One line per change; the last line of a
 * key counts. A last line without its newline was never acknowledged and is ignored; any other damaged line may have
 * marked any key, so it marks everything.
 *
 * Written with the shard's lock held, and never otherwise. As with the shard itself, a former holder of the lock that
 * was merely stopped must not change the file: it appends to the file that it has open, which `fenceShard` replaced by
 * a copy, or renames a temporary file, which `fenceShard` removed. So the file is never removed, cut or overwritten:
 * one without marks is replaced by an empty one.
 */
export class MarkFile {
  readonly #file: ShardFile;
  readonly #marks = new Map<MarkKey, number>();
  /** Grows with each change that was found. */
  #changes = 0;
  #size = -1;
  #mtimeMs = -1;
  /** End of the last complete line. */
  #end = 0;
  #lines = 0;

  constructor(file: ShardFile) {
    this.#file = file;
  }

  /** The marks as last seen. */
  get marks(): ReadonlyMap<MarkKey, number> {
    return this.#marks;
  }

  get changes(): number {
    return this.#changes;
  }

  /** Follows the file, which costs one call while it is unchanged; true if it changed. Throws the system's error. */
  refresh(): boolean {
    const found = this.#file.follow();
    if (found === undefined) {
      if (this.#size < 0) return false;
      this.#forget();
      return true;
    }
    const isTorn = this.#end < found.size;
    if (!found.isOther && found.size === this.#size && found.mtimeMs === this.#mtimeMs && !isTorn) return false;
    if (found.isOther || this.#size < 0 || found.size <= this.#size) this.#forget();
    this.#read(found.size);
    this.#size = found.size;
    this.#mtimeMs = found.mtimeMs;
    this.#changes++;
    return true;
  }

  /**
   * Makes changes, in one write. The lock must be held, and the file just refreshed. Throws LockLost, or the system's
   * error; then the file has all of the changes or an unfinished line, which is ignored.
   */
  write(changes: readonly MarkChange[], flush: boolean, lock: LockChecks): void {
    try {
      if (this.#mustReplace(changes)) this.#replace(changes, flush, lock);
      else this.#append(changes, flush);
      const now = this.#file.stateNow();
      if (now.isOther || now.size !== this.#end || !lock.isStillOurs()) throw new LockLost();
      this.#size = now.size;
      this.#mtimeMs = now.mtimeMs;
      this.#changes++;
    } catch (error) {
      // What was made of it shows when it is read again.
      this.#forget();
      throw error;
    }
  }

  close(): void {
    this.#file.close();
    this.#forget();
  }

  #mustReplace(changes: readonly MarkChange[]): boolean {
    if (!this.#file.isOpen || this.#end < this.#size) return true;
    if (this.#size > REWRITE_FROM && this.#lines > 2 * this.#marks.size) return true;
    return changes.every(({ value }) => value === undefined) && this.#marks.size === changes.length;
  }

  #append(changes: readonly MarkChange[], flush: boolean): void {
    this.#file.prepareToWrite();
    const bytes = bytesOf(changes);
    this.#file.append(bytes, this.#end, flush);
    for (const change of changes) this.#apply(change);
    this.#end += bytes.length;
  }

  #replace(changes: readonly MarkChange[], flush: boolean, lock: LockChecks): void {
    for (const change of changes) this.#apply(change);
    const bytes = bytesOf([...this.#marks].map(([key, value]) => ({ key, value })));
    this.#file.replaceBy(bytes, flush, () => lock.confirmHeld());
    if (flush) syncFolder(dirname(this.#file.path));
    this.#file.follow();
    this.#lines = this.#marks.size;
    this.#end = bytes.length;
  }

  #read(size: number): void {
    const bytes = Buffer.allocUnsafe(size - this.#end);
    const got = this.#file.readInto(bytes, this.#end);
    const whole = bytes.subarray(0, got).lastIndexOf(NEWLINE) + 1;
    for (const line of bytes.toString('latin1', 0, whole).split('\n')) {
      if (line.trim() !== '') this.#apply(parseMarkLine(line) ?? EVERYTHING);
    }
    this.#end += whole;
  }

  #apply({ key, value }: MarkChange): void {
    this.#lines++;
    if (value === undefined) this.#marks.delete(key);
    else this.#marks.set(key, value);
  }

  #forget(): void {
    this.#marks.clear();
    this.#size = -1;
    this.#mtimeMs = -1;
    this.#end = 0;
    this.#lines = 0;
    this.#changes++;
  }
}

const EVERYTHING: MarkChange = Object.freeze({ key: null, value: 0 });

function bytesOf(changes: readonly MarkChange[]): Buffer {
  return Buffer.from(changes.map((change) => `${markLine(change)}\n`).join(''), 'latin1');
}
