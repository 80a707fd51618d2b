import { CacheCorruptionError, type ProxyRecord } from '@pw/cache-models';

/** A row of the table. */
export interface Row {
  readonly place: number;
  readonly key: string;
  readonly record: string;
  readonly expires_at: number;
  readonly used: number;
  readonly uses: number;
  readonly evicted_from_l1: number;
}

/** The record of a row. The error of `JSON.parse` would quote it, including credentials, so it is replaced. */
export function parseRow({ record }: Row): ProxyRecord {
  try {
    return JSON.parse(record) as ProxyRecord;
  } catch {
    throw new CacheCorruptionError('stored row: is not JSON');
  }
}
