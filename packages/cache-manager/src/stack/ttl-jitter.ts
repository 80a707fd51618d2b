import { CacheEntry } from '@pw/cache-models';
import { ignoreRejection } from '../scheduling/ignore-rejection.ts';

/** Shortens lives at random, so that entries stored together do not expire together. */
export interface TtlJitter {
  /** Most that is taken off, as a share of the entry's TTL: 0 to 1. */
  readonly share: number;
  /** From 0 to below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * The entry with an earlier end, by whole milliseconds; never a later one. `ttlSeconds` stays what it was. What its life is shorter than its TTL
 * already, because it was shortened before or its TTL is a new one, counts: whoever changes an entry and puts it back, again and again, does not end it.
 */
export function shorten(entry: CacheEntry, { share, random = Math.random }: TtlJitter): CacheEntry {
  const luck: unknown = random();
  // An asynchronous one is none, and its rejection must end here.
  ignoreRejection(luck);
  if (typeof luck !== 'number') return entry;
  const ttl = entry.ttlSeconds * 1000;
  const earlier = Math.floor(luck * share * ttl) - Math.max(0, entry.fetchTime + ttl - entry.expiresAt);
  // What gives no share shortens nothing.
  return earlier > 0 ? CacheEntry.restore({ ...entry, expiresAt: entry.expiresAt - earlier }) : entry;
}
