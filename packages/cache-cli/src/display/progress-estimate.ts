import type { WarmProgress } from '@pw/cache-manager';

/** The part of the progress of an import that an estimate depends on. */
type Measured = Pick<WarmProgress, 'loaded' | 'skipped' | 'failed' | 'bytesRead' | 'totalBytes'>;

/**
 * Estimates how much of a file has been imported. The file is read ahead in chunks (a JSON document as a whole), so the
 * bytes read do not show how many rows are stored. Rows are assumed to be as long, on average, as in earlier chunks.
 */
export class ProgressEstimate {
  #bytesRead = 0;
  #bytesDone = 0;
  /** Approximate number of rows in those bytes. */
  #rowsDone = 0;
  #lastRows = 0;

  /** A number from 0 to 1, too high by at most one chunk; `undefined` while the length of a row is unknown. */
  fraction({ loaded, skipped, failed, bytesRead, totalBytes }: Measured): number | undefined {
    const rows = loaded + skipped + failed;
    if (bytesRead > this.#bytesRead) {
      // The rows of all earlier chunks are done; the last of them finished some time after the last report.
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
