import type { Middle } from './middle.ts';

/** What a script can start and kill. Its manager is kept by the world. */
export interface Process {
  readonly id: number;
  /** How far its clock is ahead, in steps. */
  skew: number;
  run: number;
  isAlive: boolean;
  readonly middles: readonly Middle[];
}
