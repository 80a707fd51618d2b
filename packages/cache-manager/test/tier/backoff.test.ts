import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/tier/backoff.ts';

const NOW = 1_000_000;

describe('the backoff of a tier', () => {
  it('doubles the delay with each failed attempt, from one second to one minute', () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 8 }, () => {
      backoff.postpone(NOW, true);
      return backoff.remainingMs(NOW);
    });
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('keeps the delay if no attempt has failed', () => {
    const backoff = new Backoff();
    for (let i = 0; i < 5; i++) backoff.postpone(NOW, false);
    expect(backoff.remainingMs(NOW)).toBe(1_000);
  });

  it('is due exactly when the delay is over', () => {
    const backoff = new Backoff();
    backoff.postpone(NOW, true);
    expect(backoff.isDue(NOW + 999)).toBe(false);
    expect(backoff.isDue(NOW + 1_000)).toBe(true);
    expect(backoff.remainingMs(NOW + 5_000)).toBe(0);
  });

  it('schedules an attempt soon, but not later than one that is scheduled already', () => {
    const backoff = new Backoff();
    backoff.scheduleSoon(NOW);
    backoff.scheduleSoon(NOW + 900);
    expect(backoff.isDue(NOW + 1_000)).toBe(true);
  });

  it('can be made due immediately', () => {
    const backoff = new Backoff();
    backoff.postpone(NOW, true);
    backoff.scheduleNow(NOW);
    expect(backoff.isDue(NOW)).toBe(true);
  });

  it('starts again with one second after a success', () => {
    const backoff = new Backoff();
    for (let i = 0; i < 4; i++) backoff.postpone(NOW, true);
    backoff.reset();
    expect(backoff.isDue(0)).toBe(true);
    backoff.postpone(NOW, true);
    expect(backoff.remainingMs(NOW)).toBe(1_000);
    backoff.reset(NOW + 7);
    expect(backoff.remainingMs(NOW)).toBe(7);
  });
});
