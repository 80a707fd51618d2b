import { type Action, scriptOf } from '@pw/agreement-model';
import { afterEach, beforeEach, it, vi } from 'vitest';
import { HistoryWorld } from '../../support/agreed/history-world.ts';

const HISTORIES = Number(process.env['PW_HISTORIES'] ?? 2_000);
const FROM = Number(process.env['PW_HISTORIES_FROM'] ?? 1);

const EXPLORE = {
  keys: ['a', 'b'] as const,
  faults: ['kill', 'outage', 'skew', 'evict', 'evict-base', 'foreign', 'ttl', 'clear', 'agree'] as const,
  length: 32,
  lag: 0,
  without: new Set<string>(),
  middles: 1,
  twoStacks: false,
  keeps: 10_000,
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function worldOf(): HistoryWorld {
  return new HistoryWorld({
    keys: EXPLORE.keys,
    advance: async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
}

it(`explains every answer in ${HISTORIES} histories of real managers with kills, outages and other programs`, async () => {
  for (let seed = FROM; seed < FROM + HISTORIES; seed++) {
    const { actions } = scriptOf(seed, EXPLORE);
    const violation = await worldOf().play(actions);
    // Those of managers that were killed.
    vi.clearAllTimers();
    if (violation !== undefined) await fail(seed, actions, violation);
  }
}, 600_000);

/** Shows the shortest part of the script that fails. */
async function fail(seed: number, actions: readonly Action[], violation: string): Promise<never> {
  const fails = async (some: readonly Action[]) => (await worldOf().play(some)) !== undefined;
  let best = actions;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (let at = 0; at < best.length; at++) {
      const some = [...best.slice(0, at), ...best.slice(at + 1)];
      if (!(await fails(some))) continue;
      best = some;
      isShorter = true;
      at--;
    }
  }
  const world = worldOf();
  const shortest = await world.play(best);
  const script = best.map((action) => JSON.stringify(action)).join('\n');
  throw new Error(`seed ${seed}: ${violation}\n${script}\n${world.trace.join('\n')}\n${shortest}`);
}
