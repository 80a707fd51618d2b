import { createInterface } from 'node:readline';
import type { CacheTier } from '@pw/cache-models';
import { numberedEntry } from '../samples/numbered-entry.ts';
import { plainEntry } from '../trial/plain-entry.ts';
import type { ChildWork } from './child-work.ts';
import { report } from './report.ts';

/** A request to the tier of a child process: an operation and its arguments. */
export interface ChildRequest {
  readonly operation:
    | 'put'
    | 'putMany'
    | 'get'
    | 'has'
    | 'delete'
    | 'clear'
    | 'size'
    | 'keys'
    | 'entries'
    | 'cleanup'
    | 'update'
    | 'advance'
    | 'change'
    | 'hold';
  readonly keys?: readonly string[];
  /**
   * Number of the entries to put, of the changes or updates to make, or milliseconds to advance the clock by or to hold
   * the lock for.
   */
  readonly count?: number;
}

/** Answers requests, one JSON line each, until the parent closes the pipe; then closes the tier. */
export async function serve(work: ChildWork): Promise<void> {
  const tier = await work.tier();
  await tier.open();
  for await (const line of createInterface({ input: process.stdin }))
    report((await answer(work, tier, JSON.parse(line) as ChildRequest)) ?? null);
  await tier.close();
}

async function answer(work: ChildWork, tier: CacheTier, request: ChildRequest): Promise<unknown> {
  const { operation, keys = [], count = 0 } = request;
  const [key = ''] = keys;
  switch (operation) {
    case 'put':
      return putAll(tier, keys, count);
    case 'putMany':
      return tier.putMany(keys.map((name) => numberedEntry(name, count)));
    case 'get':
      return plainEntry(await tier.get(key));
    case 'has':
    case 'delete':
      return tier[operation](key);
    case 'entries': {
      const found: string[] = [];
      for await (const entry of tier.entries()) found.push(entry.key);
      return found;
    }
    case 'update':
      return countFailures(tier, key, count);
    case 'cleanup':
      return tier.cleanupExpired();
    case 'advance':
      return work.clock.advance(count);
    case 'change':
      return addFailures(tier, key, count);
    case 'hold':
      return holdLock(tier, key, count);
    default:
      return tier[operation]();
  }
}

/** Counts failures of an entry, one at a time, and returns how many updates were made. */
async function countFailures(tier: CacheTier, key: string, count: number): Promise<number> {
  let made = 0;
  for (let round = 0; round < count; round++) {
    const changed = await tier.update!(key, (entry) => entry.with({ failureCount: entry.failureCount + 1 }));
    if (changed != null) made++;
  }
  return made;
}

/** Changes an entry as often as `count`, and returns how many changes were made. */
async function addFailures(tier: CacheTier, key: string, count: number): Promise<number> {
  let made = 0;
  for (let n = 0; n < count; n++) {
    const isMade = await tier.marks!.change(key, ({ entry }) => ({
      put: entry!.with({ failureCount: entry!.failureCount + 1 }),
    }));
    if (isMade) made++;
  }
  return made;
}

/** Reports once it has the lock of a key, and holds it for some milliseconds. */
async function holdLock(tier: CacheTier, key: string, milliseconds: number): Promise<string> {
  await tier.marks!.change(key, () => {
    report('held');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return undefined;
  });
  return 'released';
}

/** Puts one entry after the other, and returns how many were acknowledged. */
async function putAll(tier: CacheTier, keys: readonly string[], count: number): Promise<number> {
  let stored = 0;
  for (const key of keys) if (await tier.put(key, numberedEntry(key, count))) stored++;
  return stored;
}
