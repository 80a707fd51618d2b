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

/** The record of a row. What `JSON.parse` throws would quote it, credentials and all: it is not passed on. */
export function parseRow({ record }: Row): ProxyRecord {
  try {
    return JSON.parse(record) as ProxyRecord;
  } catch {
    throw new CacheCorruptionError('stored row: is not JSON');
  }
}
