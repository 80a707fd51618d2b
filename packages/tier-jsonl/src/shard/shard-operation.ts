import type { RecordFacts } from '../index/record-id.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import type { RawRecord } from '../lines/raw-record.ts';

/** Accesses to be added to a record. */
export interface AccessFacts {
  readonly hits: number;
  /** Epoch milliseconds. */
  readonly lastAccessed: number;
  /** Unchanged if absent. */
  readonly evictedFromL1?: boolean | undefined;
}

/** What the attempts to store accesses have in common: the whole batch is repeated if the lock was lost. */
export interface AccessAttempt {
  /** The count that the last attempt wrote, if there was one: it may be in the file although the lock was lost. */
  written?: number;
  onStored(): void;
}

/** A line on its way to another shard. */
export interface MovingLine {
  readonly line: string;
  readonly facts: RecordFacts;
}

/**
 * What a decision of a caller sees of a shard and changes in it, with the lock held. Everything that earlier operations
 * of the same batch change shows.
 */
export interface ShardView {
  /** The record of a key, live or expired; `undefined` if the shard has none, or a damaged one. */
  recordOf(key: string): RawRecord | undefined;
  /** The mark of a key, or of everything if that is higher. */
  markOf(key: string): number | undefined;
  /** The mark in the shard's own file, which for `null` is the one of everything if this is the first shard. */
  ownMarkOf(key: string | null): number | undefined;
  put(key: string, line: string, facts: RecordFacts): void;
  /** Like `put`, but not a use of the record. */
  rewrite(key: string, line: string, facts: RecordFacts): void;
  /** True if there was a live record. */
  remove(key: string, now: number): boolean;
  /** Stores a mark before the records of the batch; a higher one stays. */
  mark(key: string | null, value: number): void;
  /** Removes a mark after the records of the batch are stored. */
  unmark(key: string | null): void;
}

/** An error of a function that the caller of an operation passed. Nothing is changed, and the error is its answer. */
export class CallerFault extends Error {
  constructor(cause: unknown) {
    super('a function of the caller failed', { cause });
  }
}

/** An operation on a shard, carried out with its lock held. */
export type ShardOperation =
  /** Stores a line. Answers true. */
  | { readonly kind: 'put'; readonly key: string; readonly line: string; readonly facts: RecordFacts }
  /**
   * Brings a line home from the shard where `fetch`, called with the lock held, finds it. Answers true if there was
   * one.
   */
  | { readonly kind: 'move'; readonly key: string; readonly fetch: () => MovingLine | undefined }
  /**
   * Deletes a key, optionally only if it is expired and not marked. Answers true if it had a live record.
   */
  | { readonly kind: 'delete'; readonly key: string; readonly now: number; readonly onlyExpired: boolean }
  /** Deletes a key to make room, unless it is marked. Answers true if it was not. */
  | { readonly kind: 'evict'; readonly key: string; readonly now: number }
  /**
   * Changes whatever `decide` decides, which is called again if the lock was lost. A {@link CallerFault} that it throws
   * before it has changed anything is passed to `failed`; the answer is then false, and otherwise true.
   */
  | {
      readonly kind: 'decide';
      readonly decide: (view: ShardView) => void;
      readonly failed: (fault: CallerFault | undefined) => void;
    }
  /** Drops the lines of a key that is stored in another shard. Answers true. */
  | { readonly kind: 'drop'; readonly key: string }
  /** Like `drop`, but if this shard has the newest line by now, it keeps its lines and answers false. */
  | { readonly kind: 'drop older'; readonly key: string }
  /**
   * Changes nothing. Answers true if the shard has the line of a key that counts; that line is permanent, as we held
   * the lock when it was read.
   */
  | { readonly kind: 'confirm'; readonly key: string }
  /**
   * Adds accesses to those of a record. Answers true if it exists. `attempt.onStored` is called in the step in which
   * the index points to the new line.
   */
  | { readonly kind: 'access'; readonly key: string; readonly facts: AccessFacts; readonly attempt: AccessAttempt }
  /**
   * Replaces the line of a record by the result of `change`, unless that is undefined. Answers true if the record
   * exists.
   */
  | { readonly kind: 'rewrite'; readonly key: string; readonly change: (raw: RawRecord) => string | undefined }
  /** Writes a note that the directory has another number of shards. Answers true. */
  | { readonly kind: 'announce'; readonly numShards: number }
  /** Removes expired records, some at a time. Answers how many. */
  | { readonly kind: 'cleanupExpired'; readonly now: number }
  /** Removes everything. Answers how many live records there were. */
  | { readonly kind: 'clear'; readonly now: number }
  /**
   * Removes every record that is older than a version, and the marks that it makes needless. Answers how many records
   * are left.
   */
  | { readonly kind: 'clear older'; readonly version: number }
  /** Empties the file if nothing in it is worth keeping. Answers false if it has lines that may still count. */
  | { readonly kind: 'retire' }
  /** Drops every superseded line. Answers true. */
  | { readonly kind: 'compact' }
  /** Sets damaged lines aside, as every operation does first. Answers true. */
  | { readonly kind: 'repair' };

type ImmediateKind = 'cleanupExpired' | 'clear' | 'clear older' | 'retire' | 'compact' | 'repair';
const IMMEDIATE: ReadonlySet<string> = new Set<ImmediateKind>([
  'cleanupExpired',
  'clear',
  'clear older',
  'retire',
  'compact',
  'repair',
]);

/** Operations that become lines to append; the others change the file directly. */
export type PlannedOperation = Exclude<ShardOperation, { kind: ImmediateKind }>;

export function isPlanned(operation: ShardOperation): operation is PlannedOperation {
  return !IMMEDIATE.has(operation.kind);
}

/** A line to append, as decided with the lock held. */
export interface PlannedLine {
  readonly key: string | undefined;
  readonly text: string;
  /** Absent if the line is not a record. */
  readonly facts?: RecordFacts | undefined;
}

/** Lines in another shard that a write has superseded. */
export interface Elsewhere {
  readonly kind: 'drop' | 'drop older';
  readonly key: string;
  readonly shard: number;
  /** Set where the index already points to the newer line. */
  readonly range: ByteRange | undefined;
}
