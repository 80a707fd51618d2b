import { describe, expect, it } from 'vitest';
import { explain, failingSeeds } from '../src/explore/explore.ts';
import { type ExploreConfig, promisedFaults } from '../src/explore/script.ts';
import { makeAgreement } from '../src/protocol/agreement.ts';

const usual: ExploreConfig = {
  keys: ['a', 'b'],
  lag: 0,
  middles: 1,
  twoStacks: false,
  length: 32,
  keeps: 3,
  faults: promisedFaults,
  without: new Set(),
};

/** How many histories are played for each one of a usual run. */
const TIMES = process.env['PW_FAULTS'] === 'full' ? 15 : 1;

/** The shortened history of the first seed that fails, as text. */
function firstFailure(config: ExploreConfig, from: number, seeds: number): string | undefined {
  const [seed] = failingSeeds(makeAgreement, config, from, seeds * TIMES, 1);
  if (seed === undefined) return undefined;
  const { actions, violation } = explain(makeAgreement, config, seed);
  return [`seed ${seed}`, ...actions.map((action) => JSON.stringify(action)), violation].join('\n');
}

describe('random histories', { timeout: 180_000 * TIMES }, () => {
  it('are explained while every read asks what others have changed', () => {
    expect(firstFailure(usual, 1, 12_000)).toBeUndefined();
  });

  it('are explained while memory lags behind other processes', () => {
    expect(firstFailure({ ...usual, lag: 6 }, 12_001, 4_000)).toBeUndefined();
  });

  it('are explained with two middles', () => {
    expect(firstFailure({ ...usual, middles: 2 }, 16_001, 2_000)).toBeUndefined();
  });

  it('are explained with two stacks over one base', () => {
    expect(firstFailure({ ...usual, twoStacks: true, procs: 3 }, 18_001, 2_000)).toBeUndefined();
  });
});
