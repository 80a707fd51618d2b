import type { WarmProgress } from '@pw/cache-manager';

/** What of an import's progress an estimate goes by. */
type Measured = Pick<WarmProgress, 'loaded' | 'skipped' | 'failed' | 'bytesRead' | 'totalBytes'>;

/**
 * How much of a file is done. The file is read ahead, by chunks (a JSON document as a whole), so that the bytes read say
 * little about the rows stored: the rows of a chunk are taken for as long as those of the chunks before it.
 */
export class ProgressEstimate {
  #bytesRead = 0;
  #bytesDone = 0;
  /** About so many rows were in the bytes done. */
  #rowsDone = 0;
  #lastRows = 0;

  /** From 0 to 1, never too much by more than a chunk's worth; undefined while nothing is known of the length of a row. */
  fraction({ loaded, skipped, failed, bytesRead, totalBytes }: Measured): number | undefined {
    const rows = loaded + skipped + failed;
    if (bytesRead > this.#bytesRead) {
      // All rows of what was read before are behind us; the last ones came some time after the last report.
      this.#bytesDone = this.#bytesRead;
      this.#bytesRead = bytesRead;
      if (this.#bytesDone > 0) this.#rowsDone = (this.#lastRows + rows) / 2;
    }
    this.#lastRows = rows;
    if (this.#bytesDone === 0 || this.#rowsDone === 0 || totalBytes === 0) return undefined;
    const bytesPerRow = this.#bytesDone / this.#rowsDone;
    const done = Math.min(this.#bytesRead, this.#bytesDone + (rows - this.#rowsDone) * bytesPerRow);
    return Math.min(1, done / totalBytes);
  }
}
