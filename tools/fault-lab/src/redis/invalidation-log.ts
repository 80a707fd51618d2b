import type { RedisTierOptions } from '@pw/tier-redis';

export interface CoherenceOrders {
  readonly url: string;
  readonly namespace: string;
  readonly timing: Pick<RedisTierOptions, 'timeoutMs' | 'heartbeatMs' | 'graceMs'>;
  readonly keys: readonly string[];
  /** The keys that this process alone changes. */
  readonly own: readonly string[];
}

/** One change of a key; times in milliseconds of the clock that all processes of a machine have. */
export interface Change {
  readonly key: string;
  /** Grows by one with each change of the key. */
  readonly version: number;
  readonly isRemoval: boolean;
  /** When it was acknowledged by the server; `null` when it was not. */
  readonly acknowledged: number | null;
}

export interface Read {
  readonly key: string;
  readonly begun: number;
  /** Of the value that was read; `null` for none. */
  readonly version: number | null;
}

/** Milliseconds for which the oldest value that was read had been out of date when the read began; 0 if none was. */
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
