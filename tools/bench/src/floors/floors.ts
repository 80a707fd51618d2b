import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '@pw/cache-models';
import { countAccess } from '@pw/cache-models/tier';
import type { Contender } from '../run/scenario.ts';

/** The least that a lookup in memory costs: `Map.get`. */
export function mapFloor<V>(map: ReadonlyMap<string, V>, keyOf: (i: number) => string): Contender {
  return { name: 'Map.get', role: 'floor', run: (i) => map.get(keyOf(i)) };
}

/** The least that a lookup with exact expiry costs: `Map.get` and a read of the clock. */
export function expiringMapFloor<V extends { readonly expiresAt: number }>(
  map: ReadonlyMap<string, V>,
  keyOf: (i: number) => string,
): Contender {
  const get = (key: string): V | undefined => {
    const value = map.get(key);
    return value === undefined || Date.now() >= value.expiresAt ? undefined : value;
  };
  return { name: 'Map.get and Date.now', role: 'floor', run: (i) => get(keyOf(i)) };
}

/** The least that an asynchronous lookup costs: `await` of an async function around `Map.get`. */
export function asyncMapFloor<V>(map: ReadonlyMap<string, V>, keyOf: (i: number) => string): Contender {
  const get = async (key: string) => map.get(key);
  return { name: 'await of async Map.get', role: 'floor', async: true, run: (i) => get(keyOf(i)) };
}

/**
 * A hand-written hit that does only what a caller of the cache can expect: it compares the clock with the deadline,
 * counts the access in the entry and returns it in a promise. It has no order, statistics or other tiers.
 */
export function countedMapFloor(map: ReadonlyMap<string, CacheEntry>, keyOf: (i: number) => string): Contender {
  const nothing = Promise.resolve(undefined);
  const get = (key: string): Promise<CacheEntry | undefined> => {
    const entry = map.get(key);
    if (entry === undefined) return nothing;
    const now = Date.now();
    if (now >= entry.expiresAt) return nothing;
    countAccess(entry, now);
    return Promise.resolve(entry);
  };
  return { name: 'Map, clock and count by hand', role: 'floor', async: true, run: (i) => get(keyOf(i)) };
}

/** The least that a JSON record on disk costs to read: one positioned read and `JSON.parse`. */
export function readFloor(
  directory: string,
  lines: readonly string[],
  indexOf: (i: number) => number,
  onFinish: (cleanup: () => void) => void,
): Contender {
  const fd = openSync(join(directory, 'read-floor.jsonl'), 'w+', 0o600);
  onFinish(() => closeSync(fd));
  const ends: number[] = [];
  let end = 0;
  for (const line of lines) {
    end += writeSync(fd, `${line}\n`, end);
    ends.push(end);
  }
  const buffer = Buffer.alloc(64 * 1024);
  const read = (index: number): unknown => {
    const start = index === 0 ? 0 : ends[index - 1]!;
    const length = readSync(fd, buffer, 0, ends[index]! - start, start);
    return JSON.parse(buffer.toString('latin1', 0, length));
  };
  return { name: 'readSync and JSON.parse', role: 'floor', run: (i) => read(indexOf(i)) };
}

/** The least that a JSON record costs to store: `JSON.stringify` and one write at the end of the file. */
export function appendFloor(
  directory: string,
  lines: readonly string[],
  recordOf: (i: number) => unknown,
  onFinish: (cleanup: () => void) => void,
): Contender {
  const fd = openSync(join(directory, 'append-floor.jsonl'), 'a', 0o600);
  onFinish(() => closeSync(fd));
  for (const line of lines) writeSync(fd, `${line}\n`);
  return {
    name: 'stringify and writeSync',
    role: 'floor',
    run: (i) => writeSync(fd, `${JSON.stringify(recordOf(i))}\n`),
  };
}
