import type { RedisTierOptions } from '@pw/tier-redis';

export interface InvalidationOrders {
  readonly url: string;
  readonly namespace: string;
  readonly timing: Pick<RedisTierOptions, 'timeoutMs' | 'heartbeatMs' | 'graceMs'>;
  readonly keys: readonly string[];
  /** The keys that only this process changes. */
  readonly own: readonly string[];
}

/** One change of a key. Times are in milliseconds of a clock that all processes on the machine share. */
export interface Change {
  readonly key: string;
  /** Grows by one with each change of the key. */
  readonly version: number;
  readonly isRemoval: boolean;
  /** When the server acknowledged it; `null` if it did not. */
  readonly acknowledged: number | null;
}

export interface Read {
  readonly key: string;
  readonly begun: number;
  /** The version of the value that was read; `null` if there was no value. */
  readonly version: number | null;
}

/** The longest time, in milliseconds, for which a value had been stale when its read began; 0 if none was stale. */
export function staleness(changes: readonly Change[], reads: readonly Read[]): number {
  const byKey = Map.groupBy(changes, ({ key }) => key);
  let worst = 0;
  for (const { key, begun, version } of reads) {
    if (version === null) continue;
    const newer = byKey.get(key)?.find((change) => change.version > version && change.acknowledged !== null);
    if (newer !== undefined) worst = Math.max(worst, begun - newer.acknowledged!);
  }
  return worst;
}
