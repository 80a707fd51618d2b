import type { ByteRange } from '../lines/byte-range.ts';
import { RangeList } from '../lines/range-list.ts';

/** Bytes of damage above which a shard is heavily damaged; each run counts as its length plus {@link LIKE_A_LINE}. */
const MUCH = 256 * 1024;
const LIKE_A_LINE = 1024;

/** The lines of a shard file that are not in the index, and the end of its last complete line. */
export class ShardLines {
  /** Lines of live keys replaced by a later line. The last line of a key wins, so they may stay for a while. */
  readonly superseded = new Map<string, ByteRange[]>();
  /** Lines of removed keys that still have to be overwritten. */
  removed: ByteRange[] = [];
  /**
   * Lines that seem damaged, to be set aside. Without the lock they are only suspected: another process may be
   * overwriting them.
   */
  damaged = new RangeList();
  #foreign = new RangeList();
  #foreignBytes = 0;
  /** Bytes after the last newline: a torn write, one in progress, or a last line without newline. */
  tail: (ByteRange & { readonly isRecord: boolean }) | undefined;
  /** Keys whose lines here are about to be dropped: a reading in the meantime does not bring them back. */
  readonly leaving = new Set<string>();
  /** End of the last complete line read: where the next one goes. */
  end = 0;

  /** True if setting the damaged lines aside takes more than a moment. */
  get isHeavilyDamaged(): boolean {
    let bytes = 0;
    for (const { length } of this.damaged) {
      bytes += length + LIKE_A_LINE;
      if (bytes > MUCH) return true;
    }
    return false;
  }

  /** Foreign lines, which are kept; adjacent short ones share a range. */
  get foreign(): RangeList {
    return this.#foreign;
  }

  /** Bytes of the foreign lines, newlines included. */
  get foreignBytes(): number {
    return this.#foreignBytes;
  }

  /** True if a repair under the lock has something to do. */
  get needsRepair(): boolean {
    return this.damaged.length + this.removed.length > 0 || this.tail !== undefined;
  }

  /** True if there is a superseded line, or one that may turn out to be damaged. */
  get hasOutdated(): boolean {
    return this.needsRepair || this.superseded.size + this.leaving.size > 0;
  }

  /** Adds a single line that seems damaged. */
  addSuspect({ offset, length }: ByteRange): void {
    this.damaged.add(offset, length);
  }

  addForeign(offset: number, length: number): void {
    this.#foreign.add(offset, length);
    this.#foreignBytes += length + 1;
  }

  replaceForeign(ranges: Iterable<ByteRange>): void {
    this.#foreign = new RangeList();
    this.#foreignBytes = 0;
    for (const { offset, length } of ranges) this.addForeign(offset, length);
  }

  supersede(key: string, range: ByteRange): void {
    const ranges = this.superseded.get(key);
    if (ranges === undefined) this.superseded.set(key, [range]);
    else ranges.push(range);
  }

  /** Forgets everything that was read, before a full reading; `leaving` does not change. */
  forget(): void {
    this.superseded.clear();
    this.removed = [];
    this.damaged = new RangeList();
    this.replaceForeign([]);
    this.tail = undefined;
    this.end = 0;
  }
}
