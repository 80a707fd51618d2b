import { join } from 'node:path';
import type { Clock } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import type { HistoryStack } from './child-messages.ts';

interface StoreOptions {
  readonly clock: Clock;
  readonly failureThreshold?: number;
}

export const filesOf = ({ directory }: HistoryStack): string => join(directory, 'files');
export const databaseOf = ({ directory }: HistoryStack): string => join(directory, 'cache.db');

/** The middle tier of a history. */
export function middleOf(stack: HistoryStack, options: StoreOptions): JsonlCacheTier | DiskCacheTier {
  const directory = filesOf(stack);
  if (stack.backend === 'jsonl') return new JsonlCacheTier({ ...options, name: 'l2', directory });
  return new DiskCacheTier({ ...options, name: 'l2', directory, whenLocked: 'promise' });
}

/** The base of a history. */
export function baseOf(stack: HistoryStack, options: StoreOptions): SqliteCacheTier {
  return new SqliteCacheTier({ ...options, name: 'l3', path: databaseOf(stack), whenLocked: 'promise' });
}
