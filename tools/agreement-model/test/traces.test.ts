import { describe, expect, it } from 'vitest';
import { play } from '../src/explore/play.ts';
import { makeAgreement } from '../src/protocol/agreement.ts';
import { isRule, RULES, type Rule } from '../src/protocol/rules.ts';
import { NEVER_MISSED, TRACES, type Trace } from './traces.ts';

function violation({ actions, lag = 0, besides = [], isBaseSafe = false }: Trace, without: readonly Rule[]) {
  const config = { keys: ['a', 'b'], lag, middles: 1, twoStacks: false, keeps: 3, baseTimeouts: !isBaseSafe };
  return play(actions, makeAgreement, { ...config, without: new Set([...besides, ...without]) }).violation;
}

describe.each(TRACES)('$name', (trace) => {
  it('is explained', () => {
    expect(violation(trace, [])).toBeUndefined();
  });

  it(`is not explained without the rule "${trace.rule}"`, () => {
    expect(violation(trace, [trace.rule])).toBeDefined();
  });
});

describe('every rule', () => {
  const traced = new Set(TRACES.map(({ rule }) => rule));

  it.each(Object.keys(RULES).filter(isRule))('%s has a trace, or a reason for having none', (rule) => {
    expect(traced.has(rule) !== Object.hasOwn(NEVER_MISSED, rule)).toBe(true);
  });
});
