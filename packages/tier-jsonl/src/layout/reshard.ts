import { CacheCorruptionError } from '@pw/cache-models';
import { MAX_LINE } from '../limits.ts';
import { encodeRaw } from '../lines/record-line.ts';
import type { MarkKey } from '../marks/mark-lines.ts';
import { EVERYTHING_SHARD } from '../marks/shard-marks.ts';
import type { MovingLine, ShardView } from '../shard/shard-operation.ts';
import type { ShardSet } from '../shard/shard-set.ts';
import { dropOlder, inSlices } from './drop-older.ts';
import { expectShards, type Layout, LayoutTaken, writeLayout } from './layout-file.ts';

/**
 * Rounds before the number of shards is checked again. In each of them, other processes may write, or be stopped in a
 * move of their own.
 */
const ROUNDS = 20;

/**
 * Moves every record to its shard under the number of shards of the set, and records that number. All records stay
 * readable meanwhile; after a crash the next opening continues. Other processes learn of the change from a note in any
 * shard. Throws a CacheStorageError, or a LayoutTaken if another process chose another number meanwhile.
 *
 * A key may have lines in two shards at any moment. Wherever this process is stopped, the next one must be able to
 * decide which line counts: before the new number is recorded, older lines are dropped by the old rule; from then on
 * the line at home is newer, because a process that has read the note stores the key only there.
 */
export async function reshard(set: ShardSet, directory: string, recorded: Layout | undefined): Promise<void> {
  const { numShards } = set;
  if (!set.isMoving) await tidyAll(set, () => dropOlder(set));
  writeLayout(directory, { numShards, isMoving: true }, recorded?.numShards);
  set.isMoving = true;
  // A process that chooses another number notes it in the shards. But a replaced shard is read as a whole, and its
  // notes are ignored because they may be old. So the recorded number is watched as well.
  set.watchLayout();
  // A process moving to this number may have ended, or been stopped, before all shards had the note.
  if (recorded !== undefined) {
    const existing = set.lanes.filter(({ shard }) => shard.hasFile);
    await Promise.all(existing.map((lane) => lane.submit({ kind: 'announce', numShards })));
  }
  expectShards(directory, numShards);
  const stuck = new Set<string>();
  await tidyAll(
    set,
    async () =>
      (await bringMarksHome(set)) + (await bringHome(set, stuck)) + (await dropOlder(set)) || retireBeyond(set),
  );
  writeLayout(directory, { numShards, isMoving: false }, numShards);
  set.isMoving = false;
}

/** Repeats `tidy`, which returns the number of lines it found in the wrong place, until there are none. */
async function tidyAll(set: ShardSet, tidy: () => Promise<number>): Promise<void> {
  for (let round = 0; (await tidy()) > 0; round++) {
    if (round === ROUNDS) throw new LayoutTaken();
    set.refreshAll();
    await set.untilRead();
  }
}

/** Empties shards beyond the number of shards; returns the number of those whose lines may still count. */
async function retireBeyond(set: ShardSet): Promise<number> {
  const beyond = set.lanes.filter(({ shard }) => shard.number >= set.numShards);
  const answers = await Promise.all(beyond.map((lane) => lane.submit({ kind: 'retire' })));
  return answers.filter((isDone) => isDone !== true).length;
}

/**
 * Moves marks whose key belongs to another shard; returns how many it found. Each is stored in its new place before it
 * is removed from the old one, and before the record moves.
 */
async function bringMarksHome(set: ShardSet): Promise<number> {
  const homeOf = (key: MarkKey) => (key === null ? EVERYTHING_SHARD : set.homeOf(key));
  set.marks.read();
  const away = set.lanes.flatMap((from) =>
    [...set.marks.of(from.shard.number).marks]
      .map(([key, value]) => ({ from, home: set.lane(homeOf(key)), key, value }))
      .filter(({ home }) => home !== from),
  );
  const failed = () => {};
  await inSlices(away, async ({ from, home, key, value }) => {
    await home.submit({ kind: 'decide', failed, decide: (view) => view.mark(key, value) });
    const decide = (view: ShardView) => {
      if (view.ownMarkOf(key) === value) view.unmark(key);
    };
    await from.submit({ kind: 'decide', failed, decide });
  });
  return away.length;
}

/**
 * Moves lines whose key belongs to another shard; returns how many it found. The key of a damaged line is added to
 * `stuck`: the next read sets the line aside.
 */
async function bringHome(set: ShardSet, stuck: Set<string>): Promise<number> {
  const { index } = set;
  const isAway = (key: string, shard: number) => set.homeOf(key) !== shard && !stuck.has(key);
  const keys: string[] = [];
  for (const id of index.ids()) {
    const key = index.keyOf(id);
    if (isAway(key, index.shardOf(id))) keys.push(key);
  }
  await inSlices(keys, async (key) => {
    await set.atHome(key, { kind: 'move', key, fetch: () => movingLine(set, key, stuck) });
  });
  return keys.length;
}

/**
 * The line of a key that is not at home, as its file has it now; the lock of its home is held, so no other process
 * moves it.
 */
function movingLine(set: ShardSet, key: string, stuck: Set<string>): MovingLine | undefined {
  const { index } = set;
  const shard = set.shardOf(key);
  if (shard === undefined || shard === set.homeOf(key)) return undefined;
  set.refresh(shard);
  // Left to the next round if it was moved meanwhile, or the number of shards changed.
  if (!set.isSettled || set.shardOf(key) !== shard) return undefined;
  const id = index.find(key);
  try {
    const line = encodeRaw(set.lane(shard).shard.readRecord(id));
    // Another program may print the record shorter than we do. It then stays in the shard where it can be read.
    if (line.length > MAX_LINE) throw new CacheCorruptionError('stored record is too long to be moved');
    return { line, facts: { expiresAt: index.expiresAt(id), lastAccessed: 0, accessCount: 0, fetchTime: 0 } };
  } catch (error) {
    if (!(error instanceof CacheCorruptionError)) throw error;
    stuck.add(key);
    return undefined;
  }
}
