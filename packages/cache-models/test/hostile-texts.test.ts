import { describe, expect, it } from 'vitest';
import { maskCredentials, maskProxyUrl, parseInstant, parseProxyUrl } from '../src/index.ts';

const UNITS = [
  'password=(',
  'password=("',
  'password=( ',
  '"password":["',
  "user='",
  'Authorization: ',
  '-U "',
  ' [::1]:80:,',
  '[::',
  'a:',
  '@',
  'a@b:1',
  'http://',
  'github:a/',
  '--password ',
  '%25',
  '\\u0041',
  'a.',
  'token: basic ',
];
const TAILS = ['', ')x', '"x', '@h:1', ' '];

/** Processor time of so many runs, in milliseconds: of several times the least. */
function costOf(work: () => unknown, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    for (let run = 0; run < runs; run++) work();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

const textOf = (unit: string, tail: string, length: number) =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length - tail.length) + tail;

describe('a text that was written to do harm', () => {
  // Where the square of the length is needed, eight times the length takes sixty-four times as long.
  it.each(UNITS)('is masked in time proportional to its length: %s', (unit) => {
    for (const tail of TAILS) {
      const mask = (length: number) => () => maskCredentials(textOf(unit, tail, length), ['sec:ret', 'pa"ss']);
      expect(costOf(mask(16_000), 2), tail).toBeLessThan(30 * costOf(mask(2000), 2) + 2);
    }
  });

  it.each([
    ['a URL', parseProxyUrl, 'http://', '%41:@'],
    ['a URL of symbols', parseProxyUrl, 'http://', '\u200b'],
    ['a URL that is shown', maskProxyUrl, 'http://', 'a:@'],
    ['a time', parseInstant, '2026-01-01', ' '],
  ] as const)('is read in time proportional to its length: %s', (_, read, begin, unit) => {
    const text = (length: number) => begin + textOf(unit, 'x', length);
    const [short, long] = [text(16_000), text(128_000)];
    expect(costOf(() => read(long), 2)).toBeLessThan(30 * costOf(() => read(short), 2) + 2);
  });
});
