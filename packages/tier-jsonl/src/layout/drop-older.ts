import type { Shard } from '../shard/shard.ts';
import type { ShardSet } from '../shard/shard-set.ts';

/** Keys handled each time a lock is taken: some tens of milliseconds of work. */
const SLICE = 2000;

/**
 * Drops older lines of keys whose newest line is in another shard; returns the number of keys found. The newer line may
 * have been read while its writer no longer had the lock, and disappear when the lock is taken over. So it is confirmed
 * with the lock of its own shard held, and only then is the older one dropped.
 */
export async function dropOlder(set: ShardSet): Promise<number> {
  const found: { readonly key: string; readonly shard: Shard }[] = [];
  for (const { shard } of set.lanes) for (const key of shard.olderThanElsewhere()) found.push({ key, shard });
  await inSlices(found, async ({ key, shard }) => {
    const isDropped =
      (await isElsewhere(set, key, shard)) && (await set.lane(shard.number).submit({ kind: 'drop older', key }));
    // If no other shard has a newer line after all, the line in this one may count.
    if (isDropped !== true) shard.requireFullRead();
  });
  return found.length;
}

/** True if another shard has a line of a key that will survive a takeover of its lock. */
async function isElsewhere(set: ShardSet, key: string, shard: Shard): Promise<boolean> {
  const other = set.shardOf(key);
  if (other === undefined || other === shard.number) return false;
  return (await set.lane(other).submit({ kind: 'confirm', key })) === true;
}

export async function inSlices<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += SLICE) await Promise.all(all.slice(at, at + SLICE).map(work));
}
