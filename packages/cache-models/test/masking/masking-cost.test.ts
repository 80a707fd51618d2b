import { describe, expect, it } from 'vitest';
import { maskCredentials, maskProxyUrl, parseProxyUrl } from '../../src/index.ts';
import { parseInstant } from '../../src/tier/index.ts';

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

/** The milliseconds that a number of runs take: the shortest of five measurements. */
function costOf(work: () => unknown, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    for (let run = 0; run < runs; run++) work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/**
 * Fails if eight times the length takes more than thirty times as long; quadratic cost would take sixty-four times as
 * long. The best of several attempts counts, because the machine may be busy at any moment.
 */
function expectLinear(long: () => unknown, short: () => unknown, what = ''): void {
  const least = { long: Number.POSITIVE_INFINITY, short: Number.POSITIVE_INFINITY };
  const bound = () => 30 * least.short + 2;
  for (let tries = 0; tries < 8 && !(least.long < bound()); tries++) {
    least.long = Math.min(least.long, costOf(long, 2));
    least.short = Math.min(least.short, costOf(short, 2));
  }
  expect(least.long, what).toBeLessThan(bound());
}

const textOf = (unit: string, tail: string, length: number) =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length - tail.length) + tail;

describe('hostile text', () => {
  it.each(UNITS)('is masked in time proportional to its length: %s', (unit) => {
    for (const tail of TAILS) {
      const mask = (length: number) => () => maskCredentials(textOf(unit, tail, length), ['sec:ret', 'pa"ss']);
      expectLinear(mask(16_000), mask(2000), tail);
    }
  });

  it.each([
    ['a URL', parseProxyUrl, 'http://', '%41:@'],
    ['a URL of symbols', parseProxyUrl, 'http://', '\u200b'],
    ['a URL to display', maskProxyUrl, 'http://', 'a:@'],
    ['a time', parseInstant, '2026-01-01', ' '],
  ] as const)('is read in time proportional to its length: %s', (_, read, begin, unit) => {
    const [short, long] = [16_000, 128_000].map((length) => begin + textOf(unit, 'x', length)) as [string, string];
    expectLinear(
      () => read(long),
      () => read(short),
    );
  });
});
