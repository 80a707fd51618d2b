import { CacheEntry } from '@pw/cache-models';
import { ignoreRejection } from '@pw/cache-models/tier';

/** Shortens TTLs at random, so that entries stored together do not expire together. */
export interface TtlJitter {
  /** The largest share of an entry's TTL by which it is shortened: 0 to 1. */
  readonly share: number;
  /** Returns a number of at least 0 and below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * The entry with an earlier expiry, in whole milliseconds, and the same `ttlSeconds`. If the entry already expires
 * before the end of its TTL, because of previous jitter or a new TTL, that difference counts as a part of the jitter:
 * an entry that is changed and put any number of times is not shortened further.
 */
export function jitterTtl(entry: CacheEntry, { share, random = Math.random }: TtlJitter): CacheEntry {
  const drawn: unknown = random();
  // An async function does not return a number, and its rejection must not go unhandled.
  ignoreRejection(drawn);
  if (typeof drawn !== 'number') return entry;
  const ttl = entry.ttlSeconds * 1000;
  const earlier = Math.floor(drawn * share * ttl) - Math.max(0, entry.fetchTime + ttl - entry.expiresAt);
  // Also false for NaN.
  return earlier > 0 ? CacheEntry.restore({ ...entry.toFields(), expiresAt: entry.expiresAt - earlier }) : entry;
}
