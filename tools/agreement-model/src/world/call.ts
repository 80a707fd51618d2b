/** The answer of a tier that cannot be reached: nothing was done. */
export const FAIL = Symbol('no answer');
export type Fail = typeof FAIL;

/** The answer to a step of supervised work whose deadline has passed: what was begun may still go on. */
export const TIMED_OUT = Symbol('timed out');

/** One atomic step. Anything may happen between two steps: another process, a fault, a kill. */
export interface Call<T = unknown> {
  /** The tier that is called, or 'me' for a lock within the process. */
  readonly tier: string;
  readonly label: string;
  run(): T;
  /** True while the step has to wait. */
  isBlocked?(): boolean;
  /** True if it waits for a dead process, so the wait ends by a deadline alone. */
  isDeadlocked?(): boolean;
  /** Set by `supervise`: the step gets `TIMED_OUT` rather than `FAIL` when its deadline passes. */
  isSupervised?: boolean;
}

/** Work in steps: a generator that hands each over to the world, and gets its result. */
export type Steps<T> = Generator<Call, T, unknown>;

/** Hands over one step. */
export function* ask<T>(call: Call<T>): Steps<T | Fail> {
  return (yield call) as T | Fail;
}

/** Runs work that has a deadline. When it passes, `detach` gets the rest of the work, which may happen later. */
export function* supervise<T>(work: Steps<T>, detach: (rest: Steps<T>, next: Call) => void): Steps<T | Fail> {
  let answer: unknown;
  for (;;) {
    const { done, value } = work.next(answer);
    if (done) return value;
    value.isSupervised = true;
    answer = yield value;
    if (answer !== TIMED_OUT) continue;
    detach(work, value);
    return FAIL;
  }
}
