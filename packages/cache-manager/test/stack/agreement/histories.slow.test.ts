import {
  type Action,
  describeShortest,
  type Outcome,
  ScriptPlayer,
  STAGED_KEYS,
  stagedScriptOf,
} from '@pw/agreement-model';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { MemoryStage } from '../../support/agreed/memory-stage.ts';

const HISTORIES = Number(process.env['PW_HISTORIES'] ?? 2_000);
const FROM = Number(process.env['PW_HISTORIES_FROM'] ?? 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function play(script: readonly Action[], hasPlugin: boolean): Promise<Outcome> {
  const player = new ScriptPlayer(STAGED_KEYS, (surroundings) => new MemoryStage(surroundings, { advance, hasPlugin }));
  const outcome = await player.play(script);
  // Those of managers that were killed.
  vi.clearAllTimers();
  return outcome;
}

async function advance(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe(`${HISTORIES} histories of real managers with kills, outages and other programs`, () => {
  it.each([
    ['memory, a middle tier and a base', false],
    ['a tier without marks between the middle tier and the base', true],
  ])('explain every answer with %s', { timeout: 600_000 }, async (_stack, hasPlugin) => {
    const playOne = (script: readonly Action[]) => play(script, hasPlugin);
    for (let seed = FROM; seed < FROM + HISTORIES; seed++) {
      const script = stagedScriptOf(seed);
      const outcome = await playOne(script);
      const { violation } = outcome;
      if (violation !== undefined)
        throw new Error(`seed ${seed}: ${violation}\n${await describeShortest(script, outcome, playOne)}`);
    }
  });
});
