import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** The steps of a client, in order. */
export type Steps = readonly (
  | { readonly do: 'open'; readonly numShards?: number }
  | { readonly do: 'close' | 'clear' | 'sweep' }
  | {
      readonly do: 'put' | 'batch' | 'delete' | 'put expired' | 'batch as ProxyWhirl';
      readonly keys: readonly string[];
    }
)[];

/** Keys that exist at the start and that all clients write. */
export const SHARED = ['s0', 's1', 's2', 's3', 's4', 's5'];
/** Keys that exist at the start, enough of them to make a shard large enough to be compacted. */
export const MANY = Array.from({ length: 50 }, (_, n) => `g${n}`);
/** Keys whose records exist at the start and are expired. */
export const EXPIRED = ['x0', 'x1', 'x2'];

/** An operation during which a client stops or dies. */
export interface Operation {
  readonly name: string;
  /** The number of shards at the start. */
  readonly numShards: number;
  readonly work: Steps;
  /** True if `work` opens the store itself. */
  readonly opens: boolean;
  /** True if nearly half of the store's lines are superseded. */
  readonly hasGarbage?: boolean;
  /** A call that the operation must make; without it, the test would prove nothing. */
  readonly essential: string;
  /** The number of shards that the final check opens the store with. */
  readonly numShardsAfter?: number;
  /** Damages the only shard, which no client reads in the meantime. */
  readonly damage?: (directory: string) => void;
}

const shardOf = (directory: string) => join(directory, 'shard_00.jsonl');

function reshardingOf(from: number, to: number): Operation {
  const name = `re-sharding, ${from} to ${to}`;
  const work: Steps = [{ do: 'open', numShards: to }];
  return { name, numShards: from, opens: true, essential: 'rename', work, numShardsAfter: from + to };
}

export const OPERATIONS: readonly Operation[] = [
  { name: 'put', numShards: 1, opens: false, essential: 'write', work: [{ do: 'put', keys: ['s0', 's1', 'v0'] }] },
  {
    name: 'batch',
    numShards: 1,
    opens: false,
    essential: 'write',
    work: [{ do: 'batch', keys: ['s0', 's1', 'v0', 'v1'] }],
  },
  { name: 'delete', numShards: 1, opens: false, essential: 'write', work: [{ do: 'delete', keys: ['s0', 's1'] }] },
  { name: 'clear', numShards: 1, opens: false, essential: 'rename', work: [{ do: 'clear' }] },
  { name: 'sweep', numShards: 1, opens: false, essential: 'write', work: [{ do: 'sweep' }] },
  {
    name: 'compaction',
    numShards: 1,
    opens: false,
    hasGarbage: true,
    essential: 'rename',
    // Closing waits for a running compaction.
    work: [{ do: 'batch', keys: MANY.slice(0, 20) }, { do: 'close' }, { do: 'open' }],
  },
  {
    name: 'repair of damage',
    numShards: 1,
    opens: true,
    essential: 'ftruncate',
    work: [{ do: 'open' }, { do: 'put', keys: ['s0'] }],
    damage: (directory) => appendFileSync(shardOf(directory), '{"key":"rotten\n{"key":"torn","proxy_'),
  },
  {
    name: 'repair of a line without its end',
    numShards: 1,
    opens: true,
    essential: 'write',
    work: [{ do: 'open' }, { do: 'put', keys: ['s0'] }],
    damage: (directory) => truncateSync(shardOf(directory), readFileSync(shardOf(directory)).length - 1),
  },
  reshardingOf(1, 2),
  reshardingOf(2, 1),
  // Some shards lose records, but are kept.
  reshardingOf(4, 3),
];

/** The steps of a rival while another client is stopped or dead. */
export const RIVALS: readonly Steps[] = [
  [
    { do: 'put', keys: ['s0'] },
    { do: 'delete', keys: ['s1'] },
    { do: 'batch', keys: ['r0', 'r1', 's3', 'g0', 'g1'] },
    { do: 'put', keys: ['x0', 's2', 's4'] },
    { do: 'delete', keys: ['s4'] },
  ],
  // Leaves so many superseded lines that the shard is compacted.
  [
    { do: 'batch', keys: MANY },
    { do: 'put', keys: ['q0', 's1'] },
    { do: 'batch', keys: MANY },
    { do: 'batch', keys: MANY },
    { do: 'delete', keys: ['s5', 'x1'] },
    { do: 'close' },
    { do: 'open' },
    { do: 'put', keys: ['s0', 'q1'] },
  ],
];

/** ProxyWhirl's turn, beside one of our clients or instead of it. */
export const PROXYWHIRL: Steps = [{ do: 'batch as ProxyWhirl', keys: ['s0', 's2', 'p0'] }];

/** The steps of all clients at the same time, once the stopped one continues. */
export const AFTERWARDS: Steps = [
  { do: 'put', keys: ['s2', 'r2'] },
  { do: 'delete', keys: ['s3'] },
  { do: 'put', keys: ['v0', 'x2'] },
];
