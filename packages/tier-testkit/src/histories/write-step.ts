import type { CacheEntry, CacheTier } from '@pw/cache-models';
import { numberedEntry } from '../samples/numbered-entry.ts';

/** The number of keys that are written again and again. */
const RING = 40;

/** A step of an endless sequence of writes: a put, a batch, or a delete. */
export type WriteStep = { readonly put: readonly CacheEntry[] } | { readonly remove: string };

/** The step with this number, counted from 0. The number alone determines the step, in every process. */
export function writeStep(prefix: string, count: number): WriteStep {
  const key = (of: number) => `${prefix}-${(of * 7) % RING}`;
  if (count % 5 === 4) return { remove: key(count - 2) };
  const keys = count % 11 === 10 ? [key(count), key(count + 1), key(count + 2)] : [key(count)];
  return { put: keys.map((name) => numberedEntry(name, count)) };
}

/** Runs a step; false if the tier did not store all of it. */
export async function doStep(tier: CacheTier, step: WriteStep): Promise<boolean> {
  if ('remove' in step) {
    await tier.delete(step.remove);
    return true;
  }
  const [first, ...rest] = step.put;
  if (rest.length === 0) return tier.put(first!.key, first!);
  return (await tier.putMany(step.put)).every((stored) => stored);
}

/** The expected content of a store after some steps. */
export class ExpectedStore {
  readonly entries = new Map<string, CacheEntry>();

  apply(step: WriteStep): void {
    if ('remove' in step) this.entries.delete(step.remove);
    else for (const entry of step.put) this.entries.set(entry.key, entry);
  }

  /** Accepts the outcome of a step that may have been applied in full, in part or not at all. */
  settle(step: WriteStep, received: (key: string) => CacheEntry | undefined): void {
    if ('remove' in step && received(step.remove) === undefined) this.entries.delete(step.remove);
    if ('remove' in step) return;
    for (const entry of step.put)
      if (received(entry.key)?.failureCount === entry.failureCount) this.entries.set(entry.key, entry);
  }
}
