import type { Middle } from './middle.ts';

/** One life of a process: after a kill the same process number has another. */
export interface Life {
  readonly proc: Process;
  readonly run: number;
}

/** What a script can start and kill. Its manager is kept by the world. */
export interface Process {
  readonly id: number;
  /** How far its clock is ahead, in steps. */
  skew: number;
  run: number;
  isAlive: boolean;
  readonly middles: readonly Middle[];
}
