import { describe, expect, it } from 'vitest';
import { type Change, EVERY_KEY, judge, parseHistory } from '../../src/ledger/history.ts';
import { GONE } from '../../src/ledger/ledger.ts';

/** A change of `k` from one time to another. */
function change(value: string, begin: number, end: number, more: Partial<Change> = {}): Change {
  return { key: 'k', value, begin, end, outcome: 'done', ...more };
}

const kinds = (changes: readonly Change[], found: Record<string, string>) =>
  judge(changes, new Map(Object.entries(found))).map(({ key, kind }) => `${key} ${kind}`);

describe('the allowed final value of a key', () => {
  it('is the last acknowledged one', () => {
    const history = [change('a', 1, 2), change('b', 3, 4)];
    expect(kinds(history, { k: 'b' })).toEqual([]);
    expect(kinds(history, { k: 'a' })).toEqual(['k old']);
    expect(kinds(history, {})).toEqual(['k lost']);
    expect(kinds(history, { k: 'c' })).toEqual(['k invented']);
  });

  it('is any of those whose changes overlapped', () => {
    const history = [change('a', 1, 2), change('b', 3, 6), change('c', 4, 5)];
    expect(kinds(history, { k: 'b' })).toEqual([]);
    expect(kinds(history, { k: 'c' })).toEqual([]);
    expect(kinds(history, { k: 'a' })).toEqual(['k old']);
  });

  it.each(['refused', 'unanswered'] as const)('is the one whose change was %s, or the one before it', (outcome) => {
    const history = [change('a', 1, 2), change('b', 3, 4, { outcome })];
    expect(kinds(history, { k: 'a' })).toEqual([]);
    expect(kinds(history, { k: 'b' })).toEqual([]);
    expect(kinds(history, {})).toEqual(['k lost']);
  });

  it('is not that of a dead client if another client wrote later', () => {
    const history = [change('a', 1, 2, { outcome: 'unanswered' }), change('b', 3, 4)];
    expect(kinds(history, { k: 'a' })).toEqual(['k old']);
    expect(kinds([{ ...history[0]!, end: Infinity }, history[1]!], { k: 'a' })).toEqual([]);
  });

  it('is absent after a delete', () => {
    const history = [change('a', 1, 2), change(GONE, 3, 4)];
    expect(kinds(history, {})).toEqual([]);
    expect(kinds(history, { k: 'a' })).toEqual(['k old']);
  });

  it('is absent if no client wrote the key', () => {
    expect(kinds([], { k: 'a' })).toEqual(['k invented']);
  });
});

describe('a change that removes every key', () => {
  const clear = change(GONE, 3, 10, { key: EVERY_KEY });

  it('keeps later values and no earlier ones', () => {
    const history = [change('a', 1, 2), clear, change('b', 11, 12, { key: 'l' })];
    expect(kinds(history, { l: 'b' })).toEqual([]);
    expect(kinds(history, { k: 'a', l: 'b' })).toEqual(['k old']);
    expect(kinds(history, {})).toEqual(['l lost']);
  });

  it('happens at one moment for all keys', () => {
    const history = [clear, change('a', 4, 5), change('b', 6, 7, { key: 'l' })];
    expect(kinds(history, {})).toEqual([]);
    expect(kinds(history, { l: 'b' })).toEqual([]);
    expect(kinds(history, { k: 'a', l: 'b' })).toEqual([]);
    // The later value is gone, so the earlier one must be gone too.
    expect(kinds(history, { k: 'a' })).toHaveLength(1);
  });

  it('may have had no effect if it was not acknowledged', () => {
    const history = [change('a', 1, 2), { ...clear, outcome: 'unanswered' as const }];
    expect(kinds(history, { k: 'a' })).toEqual([]);
    expect(kinds(history, {})).toEqual([]);
  });
});

it('parseHistory returns the changes that clients recorded', () => {
  const lines = [
    { client: 'x', at: 1, number: 0, what: 'begin', key: 'k', value: 'a' },
    { client: 'y', at: 2, number: 0, what: 'begin', key: 'k', value: 'b' },
    { client: 'x', at: 3, number: 0, what: 'done' },
    { client: 'x', at: 4, number: 1, what: 'begin', key: 'l', value: 'c' },
    { client: 'y', at: 5, number: 0, what: 'refused' },
    { client: 'x', at: 6, what: 'died' },
    { client: 'y', at: 7, number: 1, what: 'begin', key: 'm', value: 'd' },
  ];
  expect(parseHistory(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))).toEqual([
    change('a', 1, 3),
    change('b', 2, 5, { outcome: 'refused' }),
    change('c', 4, 6, { key: 'l', outcome: 'unanswered' }),
    change('d', 7, Infinity, { key: 'm', outcome: 'unanswered' }),
  ]);
});
