import { CacheEntry } from '@pw/cache-models';

/** Shortens lives at random, so that entries stored together do not expire together. */
export interface TtlJitter {
  /** Most that is taken off, as a share of the entry's TTL: 0 to 1. */
  readonly share: number;
  /** From 0 to below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The entry with an earlier end, by whole milliseconds; never a later one. `ttlSeconds` stays what it was. */
export function shorten(entry: CacheEntry, { share, random = Math.random }: TtlJitter): CacheEntry {
  const earlier = Math.floor(random() * share * entry.ttlSeconds * 1000);
  // A source of random numbers that gives what is none shortens nothing.
  return !(earlier > 0) ? entry : CacheEntry.restore({ ...entry, expiresAt: entry.expiresAt - earlier });
}
