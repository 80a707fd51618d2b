/** Names the whole store in logs and marks: a clear, or a mark of every key. */
export const EVERYTHING = '*';

/** An entry as a tier stores it, cut down to what the protocol can see. */
export interface StoredRecord {
  /** Names the put that made it; no two puts have the same. */
  readonly id: string;
  /** A count that only updates raise. */
  readonly fails: number;
  /** The step at which it expires. */
  readonly exp: number;
  /** 0 if a program without versions wrote it. */
  readonly ver: number;
}

export function isLive(record: StoredRecord | null | undefined, now: number): record is StoredRecord {
  return record !== null && record !== undefined && record.exp > now;
}

/** Versions per step of a clock: more than a step can use up, so a version says roughly when it was given. */
export const PER_STEP = 4;

/** The least even number that is not below the clock's and above all others. Versions of a base are even. */
export function nextVersion(clock: number, ...above: readonly number[]): number {
  const least = Math.max(2, clock * PER_STEP, ...above.map((version) => version + 1));
  return least + (least % 2);
}
