import type { Action } from '../world/action.ts';
import type { MakeManager } from '../world/surroundings.ts';
import type { WorldConfig } from '../world/world.ts';
import { play } from './play.ts';
import { type ExploreConfig, scriptOf } from './script.ts';
import { shrink } from './shrink.ts';

/** A history that nothing explains, as short as it can be made. */
export interface Failure {
  readonly seed: number;
  readonly actions: readonly Action[];
  readonly violation: string;
  readonly trace: readonly string[];
}

/** The seeds of a range whose histories fail. Stops after `most` of them. */
export function* failingSeeds(
  make: MakeManager,
  config: ExploreConfig,
  from: number,
  seeds: number,
  most: number,
): Generator<number> {
  let failed = 0;
  for (let seed = from; seed < from + seeds && failed < most; seed++) {
    const script = scriptOf(seed, config);
    if (play(script.actions, make, script.config).violation === undefined) continue;
    failed++;
    yield seed;
  }
}

/** The history of a failing seed. */
export function explain(make: MakeManager, config: ExploreConfig, seed: number): Failure {
  const script = scriptOf(seed, config);
  const actions = shrink(script.actions, (some) => play(some, make, script.config).violation !== undefined);
  return { seed, actions, ...replayed(make, script.config, actions) };
}

function replayed(make: MakeManager, config: WorldConfig, actions: readonly Action[]) {
  const { violation = 'none', trace } = play(actions, make, { ...config, isVerbose: true });
  return { violation, trace };
}
