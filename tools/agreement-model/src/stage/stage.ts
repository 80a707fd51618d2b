import type { Request } from '../check/history.ts';

/** A budget of steps that no operation uses up. */
export const ALL_STEPS = 1_000_000;

export type StageTier = 'middle' | 'base';

/** An operation on its way. */
export interface StageThread {
  readonly request: Request;
  /** True if it has stopped before a step of a tier. */
  isWaiting: boolean;
  /** True if a tier could not be reached meanwhile. */
  sawFail: boolean;
}

/** A process as a script names it; it may be started and killed several times. */
export interface StageProcess {
  readonly id: number;
  /** How far its clock is ahead. */
  skew: number;
  isAlive: boolean;
  threads: StageThread[];
}

/**
 * What is stored of a key. A version of 0 is that of an entry that another program wrote; `undefined`: there is none.
 */
export interface StoredState {
  readonly middle: number | undefined;
  readonly base: number | undefined;
  /** True if the base may miss what the middle tier has of the key. */
  readonly isMarked: boolean;
  /** True if the base may miss anything, or does not know the middle tier. */
  readonly isUnknown: boolean;
  /** True if the log has a row of the key that the middle tier may lack. */
  readonly isOpen: boolean;
}

/** What the answer of an operation says, if it is an entry. */
export interface FoundEntry {
  readonly id: string;
  readonly fails: number;
}

export type Answer = FoundEntry | boolean | undefined;

/** What a stage sees of the history that is played on it. */
export interface Surroundings {
  /** Counted in steps: a stage adds 1 for each. */
  now: number;
  readonly down: ReadonlySet<StageTier>;
  say(text: string): void;
  /** An operation has got its answer. */
  ended(proc: StageProcess, thread: StageThread, answer: Answer): void;
  /** What must never happen. */
  failed(what: string): void;
}

/** An entry to be put. It expires at a time of {@link Surroundings.now}. */
export interface StagePut {
  readonly id: string;
  readonly expires: number;
}

/**
 * Real managers and their tiers. Each call of a persistent tier is a step, before which its operation may stop. A
 * method resolves once nothing goes on without another step.
 */
export interface Stage {
  open(proc: StageProcess): Promise<void>;
  /** What is under way never goes on. */
  kill(proc: StageProcess): Promise<void>;
  close(proc: StageProcess): Promise<void>;
  /** Ends without a word to the cache, while nothing is under way. May cost less than `kill`. */
  leave(proc: StageProcess): Promise<void>;
  /** Begins an operation, which stops after some steps. */
  begin(proc: StageProcess, thread: StageThread, steps: number, put?: StagePut): Promise<void>;
  go(proc: StageProcess, thread: StageThread, steps: number): Promise<void>;
  cleanup(proc: StageProcess): Promise<void>;
  /** Lets a second pass in all processes: their tiers then agree. */
  advance(): Promise<void>;
  /** True if a tier is out of use in a process. */
  isDegraded(proc: StageProcess): boolean;
  /** The keys that `keys` lists, and those that `has` finds. */
  list(proc: StageProcess, keys: readonly string[]): Promise<{ keys: ReadonlySet<string>; has: ReadonlySet<string> }>;
  look(key: string): Promise<StoredState>;
  evictMemory(proc: StageProcess, keys: readonly string[]): Promise<void>;
  /** Removes an entry as a tier does that makes room: from the base with a row in the log. */
  evict(tier: StageTier, key: string): Promise<void>;
  /** Writes to one tier as a program does that knows no versions. */
  writeForeign(tier: StageTier, key: string, id: string): Promise<void>;
}
