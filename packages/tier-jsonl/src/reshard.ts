import { CacheCorruptionError } from '@pw/cache-models';
import { expectShards, type Layout, writeLayout } from './layout-file.ts';
import { encodeRaw, type RawRecord } from './record-line.ts';
import type { ShardSet } from './shard-set.ts';
import { NO_SLOT, type SlotId } from './slot.ts';

/**
 * Brings every record to the shard where it belongs under the set's number of shards, and records that number. All records
 * stay readable meanwhile, wherever they are; after a crash the next opening goes on. Other processes read in any shard that
 * the number changed. Throws a CacheStorageError, or a LayoutTaken if somebody else chose another number meanwhile.
 */
export async function reshard(set: ShardSet, directory: string, recorded: Layout | undefined): Promise<void> {
  const { numShards } = set;
  writeLayout(directory, { numShards, isMoving: true }, recorded?.numShards);
  // Whoever chooses another number says so in the shards, but a shard that was replaced meanwhile is read as a whole, notes of old included.
  set.watchLayout();
  const existing = set.lanes.filter(({ shard }) => shard.end > 0);
  // Whoever was on the way to this number may have ended, or been stopped, before all shards said so.
  if (recorded !== undefined && (recorded.numShards !== numShards || recorded.isMoving))
    await Promise.all(existing.map((lane) => lane.submit({ kind: 'announce', numShards })));
  expectShards(directory, numShards);
  await Promise.all([...bringHome(set), ...dropOlder(set)]);
  const beyond = set.lanes.filter(({ shard }) => shard.number >= numShards);
  await Promise.all(beyond.map((lane) => lane.submit({ kind: 'retire' })));
  writeLayout(directory, { numShards, isMoving: false }, numShards);
}

function* bringHome(set: ShardSet): Generator<Promise<unknown>> {
  const { index } = set;
  for (const id of [...index.ids()]) {
    const key = index.keyOf(id);
    const home = set.homeOf(key);
    const shard = index.shardOf(id);
    const raw = home === shard ? undefined : readRecord(set, id);
    if (raw === undefined) continue;
    const offset = index.offsetOf(id);
    const expiresAt = index.expiresAt(id);
    const isStill = () => {
      set.refresh(shard);
      const now = index.find(key);
      return now !== NO_SLOT && index.shardOf(now) === shard && index.offsetOf(now) === offset;
    };
    const facts = { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
    yield set.lane(home).submit({ kind: 'move', key, line: encodeRaw(raw), facts, isStill });
  }
}

/** Older lines of keys whose newest line is in another shard. */
function* dropOlder(set: ShardSet): Generator<Promise<unknown>> {
  for (const lane of set.lanes)
    for (const key of lane.shard.lines.superseded.keys()) {
      const id = set.index.find(key);
      if (id === NO_SLOT || set.index.shardOf(id) !== lane.shard.number) yield lane.submit({ kind: 'drop', key });
    }
}

/** A damaged record stays where it is: a read will meet it and set it aside. */
function readRecord(set: ShardSet, id: SlotId): RawRecord | undefined {
  try {
    return set.lane(set.index.shardOf(id)).shard.readRecord(id);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return undefined;
    throw error;
  }
}
