import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BreakerState, CircuitBreaker } from '../../src/tier/circuit-breaker.ts';

const NOW = 1_000_000;

function breakerIn(state: BreakerState): CircuitBreaker {
  const breaker = new CircuitBreaker();
  if (state === 'open') breaker.trip(NOW);
  if (state === 'half-open') breaker.begin();
  if (state === 'stopped') breaker.stop();
  expect(breaker.state).toBe(state);
  return breaker;
}

describe('a circuit breaker', () => {
  it('starts closed, and due', () => {
    const breaker = new CircuitBreaker();
    expect(breaker.isClosed).toBe(true);
    expect(breaker.isDue(0)).toBe(true);
  });

  it('opens when it trips, and says so once', () => {
    const breaker = new CircuitBreaker();
    expect(breaker.trip(NOW)).toBe(true);
    expect(breaker.state).toBe('open');
    expect(breaker.trip(NOW)).toBe(false);
  });

  it('waits a second before the first attempt, and twice as long after each that fails', () => {
    const breaker = new CircuitBreaker();
    breaker.trip(NOW);
    expect(breaker.remainingMs(NOW)).toBe(1_000);
    expect(breaker.isDue(NOW + 999)).toBe(false);
    expect(breaker.isDue(NOW + 1_000)).toBe(true);
    const delays = [1, 2, 3].map(() => {
      breaker.begin();
      breaker.fail(NOW);
      return breaker.remainingMs(NOW);
    });
    expect(delays).toEqual([1_000, 2_000, 4_000]);
  });

  it('is not due while an attempt is under way, and never after it was stopped', () => {
    expect(breakerIn('half-open').isDue(NOW * 2)).toBe(false);
    expect(breakerIn('stopped').isDue(NOW * 2)).toBe(false);
  });

  it('says that the tier came back only if it was out of use', () => {
    const open = breakerIn('open');
    open.begin();
    expect(open.succeed()).toBe(true);
    expect(open.state).toBe('closed');
    const closed = breakerIn('closed');
    closed.begin();
    expect(closed.succeed()).toBe(false);
    expect(closed.state).toBe('closed');
  });

  it('says that the tier went out of use only if it was in use', () => {
    const closed = breakerIn('closed');
    closed.begin();
    expect(closed.fail(NOW)).toBe(true);
    const open = breakerIn('open');
    open.begin();
    expect(open.fail(NOW)).toBe(false);
  });

  it('leaves the decision to an attempt that is under way', () => {
    const breaker = breakerIn('half-open');
    expect(breaker.trip(NOW)).toBe(false);
    expect(breaker.state).toBe('half-open');
    expect(breaker.succeed()).toBe(false);
  });

  it('remembers across a repeated begin whether the tier was out of use', () => {
    const breaker = breakerIn('open');
    breaker.begin();
    breaker.begin();
    expect(breaker.succeed()).toBe(true);
  });

  it('schedules the next attempt if something is left to replay', () => {
    const breaker = breakerIn('half-open');
    breaker.succeed(NOW + 60_000);
    expect(breaker.isDue(NOW + 59_999)).toBe(false);
    expect(breaker.isDue(NOW + 60_000)).toBe(true);
  });

  it('makes an attempt due after a second, or at once', () => {
    const breaker = new CircuitBreaker();
    breaker.scheduleSoon(NOW);
    expect(breaker.remainingMs(NOW)).toBe(1_000);
    breaker.scheduleNow(NOW);
    expect(breaker.remainingMs(NOW)).toBe(0);
  });

  type Step = (breaker: CircuitBreaker) => unknown;
  const STEPS: Readonly<Record<string, Step>> = {
    trip: (breaker) => breaker.trip(NOW),
    begin: (breaker) => breaker.begin(),
    succeed: (breaker) => breaker.succeed(),
    fail: (breaker) => breaker.fail(NOW),
  };
  /** The states after each step; a step that is missing changes nothing. */
  const NEXT: Readonly<Record<BreakerState, Readonly<Record<string, BreakerState>>>> = {
    closed: { trip: 'open', begin: 'half-open' },
    open: { begin: 'half-open' },
    'half-open': { succeed: 'closed', fail: 'open' },
    stopped: {},
  };

  it('moves along its diagram and no other way, and reports each change of use exactly once', () => {
    const steps = fc.array(fc.constantFrom(...Object.keys(STEPS), 'stop'), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (names) => {
        const breaker = new CircuitBreaker();
        let state: BreakerState = 'closed';
        let isOutOfUse = false;
        for (const name of names) {
          if (name === 'stop') {
            breaker.stop();
            state = 'stopped';
          } else {
            const isReported = STEPS[name]!(breaker) === true;
            state = NEXT[state][name] ?? state;
            if (isReported) isOutOfUse = !isOutOfUse;
          }
          expect(breaker.state).toBe(state);
          // Between attempts, what was reported and what is true agree.
          if (state === 'open' || state === 'closed') expect(isOutOfUse).toBe(state === 'open');
        }
      }),
    );
  });
});
