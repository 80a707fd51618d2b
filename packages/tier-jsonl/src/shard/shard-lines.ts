import type { ByteRange } from '../lines/byte-range.ts';
import { RangeList } from '../lines/range-list.ts';

/** Bytes; for each stretch as many more as it takes longer. */
const MUCH = 256 * 1024;
const LIKE_A_LINE = 1024;

/** The lines of a shard file that are in nobody's index, and where its last complete one ends. */
export class ShardLines {
  /** Lines of live keys that a later line has replaced: the last line of a key wins, so they may stay for a while. */
  readonly superseded = new Map<string, ByteRange[]>();
  /** Lines of removed keys that still have to be overwritten. */
  removed: ByteRange[] = [];
  /**
   * Lines that seem damaged, to be set aside. Without the lock they are under suspicion only: somebody may be in the middle of
   * overwriting them.
   */
  damaged = new RangeList();
  #foreign = new RangeList();
  #foreignBytes = 0;
  /** Bytes after the last newline: a torn write, one under way, or a last line without its newline. */
  tail: (ByteRange & { readonly isRecord: boolean }) | undefined;
  /** Keys whose lines here are about to be dropped: a reading in the meantime does not bring them back. */
  readonly leaving = new Set<string>();
  /** End of the last complete line that was read: where the next one goes. */
  end = 0;

  /** True if to set aside what is damaged takes more than a moment. */
  get isHeavilyDamaged(): boolean {
    let bytes = 0;
    for (const { length } of this.damaged) {
      bytes += length + LIKE_A_LINE;
      if (bytes > MUCH) return true;
    }
    return false;
  }

  /** Lines of others that are no records, short ones that follow one another in one place: kept. */
  get foreign(): RangeList {
    return this.#foreign;
  }

  /** What they take, with their newlines. */
  get foreignBytes(): number {
    return this.#foreignBytes;
  }

  /** True if a cleaning pass under the lock has something to do. */
  get needsRepair(): boolean {
    return this.damaged.length + this.removed.length > 0 || this.tail !== undefined;
  }

  /** True if a line lies here that counts no more, or may turn out to be damaged. */
  get hasOutdated(): boolean {
    return this.needsRepair || this.superseded.size + this.leaving.size > 0;
  }

  /** A line that seems damaged, beside which none need be. */
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

  /** What was read is to be read anew; who is leaving goes on to do so. */
  forget(): void {
    this.superseded.clear();
    this.removed = [];
    this.damaged = new RangeList();
    this.replaceForeign([]);
    this.tail = undefined;
    this.end = 0;
  }
}
