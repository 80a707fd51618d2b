import type { Place, PlaceOfLines } from './place.ts';

/** The lines of a shard file that are in nobody's index, and where its last complete one ends. */
export class ShardLines {
  /** Lines of live keys that a later line has replaced: the last line of a key wins, so they may stay for a while. */
  readonly superseded = new Map<string, Place[]>();
  /** Lines of removed keys that still have to be overwritten. */
  removed: Place[] = [];
  /**
   * Lines that seem damaged, to be set aside. Without the lock they are under suspicion only: somebody may be in the middle of
   * overwriting them.
   */
  damaged: PlaceOfLines[] = [];
  #foreign: Place[] = [];
  #foreignBytes = 0;
  /** Bytes after the last newline: a torn write, one under way, or a last line without its newline. */
  tail: (Place & { readonly isRecord: boolean }) | undefined;
  /** Keys whose lines here are about to be dropped: a reading in the meantime does not bring them back. */
  readonly leaving = new Set<string>();
  /** End of the last complete line that was read: where the next one goes. */
  end = 0;

  /** Lines of others that are no records, short ones that follow one another in one place: kept. */
  get foreign(): readonly Place[] {
    return this.#foreign;
  }

  /** What they take, with their newlines. */
  get foreignBytes(): number {
    return this.#foreignBytes;
  }

  /** True if nothing here is worth keeping. */
  get isEmpty(): boolean {
    return this.foreign.length + this.damaged.length === 0 && this.tail === undefined;
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
  suspect({ offset, length }: Place): void {
    this.damaged.push({ offset, length, lines: 1 });
  }

  keepForeign(place: Place): void {
    this.#foreign.push(place);
    this.#foreignBytes += place.length + 1;
  }

  replaceForeign(places: readonly Place[]): void {
    this.#foreign = [];
    this.#foreignBytes = 0;
    for (const place of places) this.keepForeign(place);
  }

  supersede(key: string, place: Place): void {
    const places = this.superseded.get(key);
    if (places === undefined) this.superseded.set(key, [place]);
    else places.push(place);
  }

  /** What was read is to be read anew; who is leaving goes on to do so. */
  forget(): void {
    this.superseded.clear();
    this.removed = [];
    this.damaged = [];
    this.replaceForeign([]);
    this.tail = undefined;
    this.end = 0;
  }
}
