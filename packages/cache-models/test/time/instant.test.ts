import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatInstant,
  fromEpochSeconds,
  MAX_INSTANT,
  MIN_INSTANT,
  parseInstant,
  toEpochSeconds,
  toStorable,
} from '../../src/tier/index.ts';

const microseconds = fc.integer({ min: -4_294_967_295_999_999, max: 4_294_967_295_999_999 });

describe('instants', () => {
  it.each([
    [0, '1970-01-01T00:00:00+00:00'],
    [0.001, '1970-01-01T00:00:00.000001+00:00'],
    [-0.001, '1969-12-31T23:59:59.999999+00:00'],
    [1704164645678.901, '2024-01-02T03:04:05.678901+00:00'],
    [1704164645000, '2024-01-02T03:04:05+00:00'],
    [MIN_INSTANT, '0001-01-01T00:00:00+00:00'],
    [MAX_INSTANT, '9999-12-31T23:59:59.999000+00:00'],
  ])('print %d as Python prints it', (instant, text) => {
    expect(formatInstant(instant)).toBe(text);
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    ['2024-01-02T03:04:05Z', 1704164645000],
    ['2024-01-02 03:04:05.5+00:00', 1704164645500],
    ['2024-01-02T03:04:05', 1704164645000],
    ['2024-01-02', 1704153600000],
    ['2024-01-02T08:34:05+05:30', 1704164645000],
    ['2024-01-01T19:04:05-08:00', 1704164645000],
    ['20240102T030405Z', 1704164645000],
    ['2024-01-02T03:04', 1704164640000],
    ['2024-01-02T03:04:05.678901234Z', 1704164645678.901],
  ])('read %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '',
    'yesterday',
    '2024-13-01',
    '2023-02-29',
    '2024-01-01T24:00:00',
    '2024-01-01T00:60:00',
    '2024-01-01T00:00:00+99:00',
    '0000-01-01',
    '2024-1-1',
  ])('refuse %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('keep every millisecond up to the year 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_INSTANT, max: MAX_INSTANT }), (ms) => {
        expect(parseInstant(formatInstant(ms))).toBe(ms);
        expect(fromEpochSeconds(toEpochSeconds(ms))).toBe(ms);
        expect(toStorable(ms)).toBe(ms);
      }),
    );
  });

  it('parse the same as Date does, to the millisecond, and refuse a string with one wrong character', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_INSTANT, max: MAX_INSTANT }),
        fc.integer({ min: 0, max: 31 }),
        fc.constantFrom(...Array.from('/:;-T+ .\u0130x')),
        (ms, at, wrong) => {
          const text = `${new Date(ms).toISOString().slice(0, 23)}000+00:00`;
          expect(parseInstant(text)).toBe(ms);
          const off = text.slice(0, at) + wrong + text.slice(at + 1);
          // A space is valid in place of the T, and in place of the last digit, since it may precede the offset.
          const isBlank = wrong === ' ' && (at === 10 || at === 25);
          const isStillATime = off === text || isBlank || (at === 26 && wrong === '-');
          if (!isStillATime) expect(parseInstant(off)).toBeUndefined();
        },
      ),
      { examples: [[0, 25, ' ']] },
    );
  });

  it('keep every microsecond through text and through epoch seconds', () => {
    fc.assert(
      fc.property(microseconds, (us) => {
        const instant = us / 1000;
        expect(Math.round(parseInstant(formatInstant(instant))! * 1000)).toBe(us);
        expect(toEpochSeconds(fromEpochSeconds(us / 1e6))).toBe(us / 1e6);
        expect(Math.round(fromEpochSeconds(us / 1e6) * 1000)).toBe(us);
      }),
    );
  });
});

it('formats every day the same as Date does', () => {
  const DAY = 86_400_000;
  for (let day = MIN_INSTANT; day <= MAX_INSTANT; day += 97 * DAY)
    for (const at of [day, day + DAY - 1])
      expect(formatInstant(at).slice(0, 19)).toBe(new Date(at).toISOString().slice(0, 19));
  for (let day = Date.UTC(1999, 0); day < Date.UTC(2005, 0); day += DAY)
    expect(formatInstant(day).slice(0, 10)).toBe(new Date(day).toISOString().slice(0, 10));
});
