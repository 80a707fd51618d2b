import { scriptOf } from '../explore/script.ts';
import type { Action } from '../world/action.ts';

/** The keys of scripts for real managers. */
export const STAGED_KEYS = ['a', 'b'] as const;

/** The script of a seed for real managers. Deadlines do not pass in it, and no base is lost. */
export function stagedScriptOf(seed: number): readonly Action[] {
  const { actions } = scriptOf(seed, {
    keys: STAGED_KEYS,
    faults: ['kill', 'outage', 'skew', 'evict', 'evict-base', 'foreign', 'ttl', 'clear', 'agree'],
    length: 32,
    lag: 0,
    without: new Set(),
    middles: 1,
    twoStacks: false,
    keeps: 10_000,
  });
  return actions;
}
