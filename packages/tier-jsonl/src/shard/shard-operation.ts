import type { RecordFacts } from '../index/record-id.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import type { RawRecord } from '../lines/raw-record.ts';

/** The newest access metadata of a record. */
export interface AccessFacts {
  readonly accessCount: number;
  /** Epoch milliseconds. */
  readonly lastAccessed: number;
  /** Left as it is when absent. */
  readonly evictedFromL1?: boolean;
}

/** A line on its way to another shard. */
export interface MovingLine {
  readonly line: string;
  readonly facts: RecordFacts;
}

/** Something to do to a shard under its lock; the answer tells what it met. */
export type ShardOperation =
  /** Stores a line. Answers true. */
  | { readonly kind: 'put'; readonly key: string; readonly line: string; readonly facts: RecordFacts }
  /** Brings a line home from the shard where `fetch`, called under the lock, finds it. Answers true if there was one. */
  | { readonly kind: 'move'; readonly key: string; readonly fetch: () => MovingLine | undefined }
  /** Removes a key, or only if it is expired. Answers true if a live record was there. */
  | { readonly kind: 'delete'; readonly key: string; readonly now: number; readonly onlyExpired: boolean }
  /** Removes the lines that this shard has of a key that lives elsewhere. Answers true. */
  | { readonly kind: 'drop'; readonly key: string }
  /** The same, unless the key lives here by now. Answers true unless it does. */
  | { readonly kind: 'drop older'; readonly key: string }
  /** Changes nothing. Answers true if the shard has a line of a key that counts, which is there for good, as the lock was ours after it was read. */
  | { readonly kind: 'confirm'; readonly key: string }
  /** Rewrites members of a record. Answers true if it was there. */
  | { readonly kind: 'access'; readonly key: string; readonly facts: AccessFacts }
  /** Replaces a record's line by what `change` makes of it, if anything. Answers true if it was there. */
  | { readonly kind: 'rewrite'; readonly key: string; readonly change: (raw: RawRecord) => string | undefined }
  /** Says that the directory has another number of shards. Answers true. */
  | { readonly kind: 'announce'; readonly numShards: number }
  /** Removes what is expired. Answers how many. */
  | { readonly kind: 'cleanupExpired'; readonly now: number }
  /** Removes everything. Answers how many live records there were. */
  | { readonly kind: 'clear'; readonly now: number }
  /** Empties the file if nothing in it is worth keeping. Answers true unless there are lines of which that is not known. */
  | { readonly kind: 'retire' }
  /** Drops every line that counts no more, however few. Answers true. */
  | { readonly kind: 'compact' }
  /** Sets damaged lines aside, and whatever else every pass does. Answers true. */
  | { readonly kind: 'repair' };

type ImmediateKind = 'cleanupExpired' | 'clear' | 'retire' | 'compact' | 'repair';
const IMMEDIATE: ReadonlySet<string> = new Set<ImmediateKind>([
  'cleanupExpired',
  'clear',
  'retire',
  'compact',
  'repair',
]);

/** What becomes lines to append; the others change the file at once. */
export type PlannedOperation = Exclude<ShardOperation, { kind: ImmediateKind }>;

export function isPlanned(operation: ShardOperation): operation is PlannedOperation {
  return !IMMEDIATE.has(operation.kind);
}

/** A line to append, as decided under the lock. */
export interface PlannedLine {
  readonly key: string | undefined;
  readonly text: string;
  /** Missing for a line that is no record. */
  readonly facts?: RecordFacts | undefined;
}

/** Lines of other shards that a write made out of date. */
export interface Elsewhere {
  readonly kind: 'drop' | 'drop older';
  readonly key: string;
  readonly shard: number;
  /** Set where the index points to the newer line already. */
  readonly range: ByteRange | undefined;
}
