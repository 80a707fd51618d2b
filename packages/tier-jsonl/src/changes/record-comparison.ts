import { crc32 } from 'node:zlib';
import { NO_RECORD } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import { FileWindow } from '../shard/file-window.ts';
import type { ShardFile } from '../shard/shard-file.ts';
import { TimeSlice } from '../shard/slice.ts';

/**
 * Finds the records of a shard that differ after its file was read as a whole, because another process compacted,
 * cleared or replaced it. The index has the CRC of each line that this process has written or read: a line with the
 * same CRC did not change. For the others it is unknown, so they count as changed; the entries that a cache has copies
 * of are mostly among the former.
 */
export class RecordComparison {
  readonly #shard: number;
  readonly #index: RecordIndex;
  /** CRC by key, 0 if it is unknown. */
  readonly #before = new Map<string, number>();

  constructor(shard: number, index: RecordIndex) {
    this.#shard = shard;
    this.#index = index;
  }

  /** Notes the records as they are before the file is read. A reading that was interrupted left an older note. */
  begin(): void {
    for (const id of this.#index.idsOf(this.#shard)) {
      const key = this.#index.keyOf(id);
      if (!this.#before.has(key)) this.#before.set(key, this.#index.crcOf(id));
    }
  }

  /** Compares them with those that were read. Yields every few milliseconds. */
  *steps(file: ShardFile, changed: (key: string) => void): Generator<void, void> {
    const index = this.#index;
    const slice = new TimeSlice();
    const window = new FileWindow(file);
    const ids = index.idsOf(this.#shard).sort((a, b) => index.offsetOf(a) - index.offsetOf(b));
    for (const id of ids) {
      const key = index.keyOf(id);
      const crc = this.#before.get(key) ?? 0;
      const isSame = crc !== 0 && crc === (crc32(window.read(index.offsetOf(id), index.lengthOf(id))) | 0);
      if (isSame) index.setCrc(id, crc);
      else changed(key);
      if (slice.renewIfOver()) yield;
    }
    for (const key of this.#before.keys()) {
      const id = index.find(key);
      if (id === NO_RECORD || index.shardOf(id) !== this.#shard) changed(key);
    }
  }
}
