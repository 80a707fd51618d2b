import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordFacts } from './index/record-id.ts';
import { Resharded } from './shard/shard-lane.ts';
import type { ShardOperation } from './shard/shard-operation.ts';
import type { ShardSet } from './shard/shard-set.ts';

/** Batches of this size yield to the event loop between shards. */
const MANY = 64;

/** A line to store, and the facts about it that the index keeps. */
export interface StoredPut {
  readonly line: string;
  readonly facts: RecordFacts;
}

export interface KeyedPut {
  readonly key: string;
  readonly put: StoredPut;
}

/** Which puts of a batch were stored, and the first fault if there was one. */
export interface BatchOutcome {
  readonly stored: boolean[];
  readonly fault: PromiseRejectedResult | undefined;
}

/**
 * Stores many lines with one operation, one lock and one write per shard. If the number of shards changes meanwhile,
 * the lines not yet stored are distributed again.
 */
export async function putBatch(puts: readonly KeyedPut[], shards: () => Promise<ShardSet>): Promise<BatchOutcome> {
  const stored = puts.map(() => false);
  const store = async (ats: Iterable<number>): Promise<PromiseSettledResult<void>[]> => {
    const set = await shards();
    const work: Promise<PromiseSettledResult<void>[]>[] = [];
    for (const group of byShard(puts, ats, set)) {
      work.push(Promise.allSettled([storeInShard(set, group)]));
      // Each shard locks and writes synchronously: yield before the next one.
      if (puts.length >= MANY) await nextTurn();
    }
    return (await Promise.all(work)).flat();
  };
  const storeInShard = async (set: ShardSet, ats: readonly number[]): Promise<void> => {
    try {
      await set.lane(set.homeOf(puts[ats[0]!]!.key)).submitAll(ats.map((at) => operationOf(puts[at]!)));
      for (const at of ats) stored[at] = true;
    } catch (error) {
      if (!(error instanceof Resharded)) throw error;
      const fault = faultOf(await store(ats));
      if (fault !== undefined) throw fault.reason;
    }
  };
  return { fault: faultOf(await store(puts.keys())), stored };
}

function faultOf(results: readonly PromiseSettledResult<void>[]): PromiseRejectedResult | undefined {
  return results.find((result) => result.status === 'rejected');
}

function operationOf({ key, put }: KeyedPut): ShardOperation {
  return { kind: 'put', key, line: put.line, facts: put.facts };
}

/** Positions of puts, grouped by the shard that each belongs to. */
function byShard(puts: readonly KeyedPut[], ats: Iterable<number>, set: ShardSet): Iterable<number[]> {
  const groups = new Map<number, number[]>();
  for (const at of ats) {
    const shard = set.homeOf(puts[at]!.key);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [at]);
    else group.push(at);
  }
  return groups.values();
}
