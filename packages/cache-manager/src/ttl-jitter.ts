import { CacheEntry } from '@pw/cache-models';
import { ignoreRejection } from './ignore-rejection.ts';

/** Shortens lives at random, so that entries stored together do not expire together. */
export interface TtlJitter {
  /** Most that is taken off, as a share of the entry's TTL: 0 to 1. */
  readonly share: number;
  /** From 0 to below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The entry with an earlier end, by whole milliseconds; never a later one. `ttlSeconds` stays what it was. */
export function shorten(entry: CacheEntry, { share, random = Math.random }: TtlJitter): CacheEntry {
  const luck: unknown = random();
  // An asynchronous one is none, and its rejection must end here.
  ignoreRejection(luck);
  const earlier = typeof luck === 'number' ? Math.floor(luck * share * entry.ttlSeconds * 1000) : 0;
  // What gives no share shortens nothing.
  return earlier > 0 ? CacheEntry.restore({ ...entry, expiresAt: entry.expiresAt - earlier }) : entry;
}
