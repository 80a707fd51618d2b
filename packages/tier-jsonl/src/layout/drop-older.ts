import type { Shard } from '../shard/shard.ts';
import type { ShardSet } from '../shard/shard-set.ts';

/** Keys that are dealt with under one lock: some tens of milliseconds' work. */
const SLICE = 2000;

/**
 * Drops older lines of keys whose newest line is in another shard; gives how many keys it found. That newer line may be one that was read
 * while its writer did not have the lock any more, and that is gone when the lock is taken over. So it is looked for under the lock of its own
 * shard, and the older one is dropped only if it is there.
 */
export async function dropOlder(set: ShardSet): Promise<number> {
  const found: { readonly key: string; readonly shard: Shard }[] = [];
  for (const { shard } of set.lanes) for (const key of shard.olderThanElsewhere()) found.push({ key, shard });
  await inSlices(found, async ({ key, shard }) => {
    const isDropped =
      (await isElsewhere(set, key, shard)) && (await set.lane(shard.number).submit({ kind: 'drop older', key }));
    // What is not elsewhere after all may be what counts.
    if (isDropped !== true) shard.requireFullRead();
  });
  return found.length;
}

/** True if another shard has a line of a key, and whoever takes its lock over will copy that. */
async function isElsewhere(set: ShardSet, key: string, shard: Shard): Promise<boolean> {
  const other = set.shardOf(key);
  if (other === undefined || other === shard.number) return false;
  return (await set.lane(other).submit({ kind: 'confirm', key })) === true;
}

export async function inSlices<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += SLICE) await Promise.all(all.slice(at, at + SLICE).map(work));
}
