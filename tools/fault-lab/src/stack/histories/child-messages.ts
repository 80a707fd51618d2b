import type { Answer, StagePut, StageThread, StageTier } from '@pw/agreement-model';
import type { HistoryBug } from './planted-bugs.ts';

/** Where the stack of a history is. */
export interface HistoryStack {
  readonly directory: string;
  readonly backend: 'jsonl' | 'sqlite';
  readonly bug?: HistoryBug | undefined;
}

/** What a process is to do. Operations have numbers. */
export type Command =
  | { readonly do: 'open'; readonly stack: HistoryStack }
  | {
      readonly do: 'begin';
      readonly operation: number;
      readonly request: StageThread['request'];
      readonly steps: number;
      readonly put?: StagePut | undefined;
    }
  | { readonly do: 'go'; readonly operation: number; readonly steps: number }
  | { readonly do: 'list' | 'evict'; readonly keys: readonly string[] }
  /** `leave` ends a history: what is under way is forgotten. */
  | { readonly do: 'advance' | 'cleanup' | 'close' | 'leave' };

/** Around a process as it is to do something. */
export interface Circumstances {
  /** The steps of the history so far. */
  readonly now: number;
  readonly skew: number;
  readonly down: readonly StageTier[];
}

export type Message = Command & Circumstances;

/** What happened in a process, and after how many steps of the history. */
export type ChildEvent = { readonly at: number } & (
  | { readonly step: string }
  | {
      readonly operation: number;
      readonly answer?: Answer;
      readonly sawFail: boolean;
      readonly isDegraded: boolean;
    }
  | { readonly failed: string }
);

export interface Reply {
  readonly now: number;
  readonly events: readonly ChildEvent[];
  /** Operations that have stopped before a step. */
  readonly waiting: readonly number[];
  readonly isDegraded: boolean;
  readonly listed?: { readonly keys: readonly string[]; readonly has: readonly string[] } | undefined;
}

/** The model's time 0, in epoch milliseconds; a step takes a millisecond. */
export const START = 1_700_000_000_000;
