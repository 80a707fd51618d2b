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
    | 'advance';
  readonly keys?: readonly string[];
  /** Number of the entries to put, or milliseconds to advance the clock by. */
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
    case 'cleanup':
      return tier.cleanupExpired();
    case 'advance':
      return work.clock.advance(count);
    default:
      return tier[operation]();
  }
}

/** Puts one entry after the other, and returns how many were acknowledged. */
async function putAll(tier: CacheTier, keys: readonly string[], count: number): Promise<number> {
  let stored = 0;
  for (const key of keys) if (await tier.put(key, numberedEntry(key, count))) stored++;
  return stored;
}
