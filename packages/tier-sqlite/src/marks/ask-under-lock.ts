import type { MaybePromise } from '@pw/cache-models';
import { ignoreRejection, isPromise } from '@pw/cache-models/tier';
import type { RowStore } from '../rows/row-store.ts';
import type { TierWork } from '../tier-work.ts';

/** Calls a function of the caller. */
export type Ask = <A>(question: () => A) => A;

/** Ends a transaction because a function of the caller threw; carries no code, so that nothing is tried again. */
class QuestionThrew extends Error {}

/**
 * Runs a transaction that calls functions of the caller. What they throw ends it, undone, and is thrown as it is: it is
 * no fault of the store. `timeoutMs`: it begins within this time, or never. `fallback` after a fault.
 */
export function askUnderLock<R>(
  work: TierWork,
  fallback: R,
  transaction: (ask: Ask) => (store: RowStore) => R,
  timeoutMs?: number,
): MaybePromise<R> {
  let thrown: { readonly error: unknown } | undefined;
  const ask: Ask = (question) => {
    try {
      const answer = question();
      // A promise is no answer, and its rejection must not become unhandled.
      ignoreRejection(answer);
      return answer;
    } catch (error) {
      thrown = { error };
      throw new QuestionThrew();
    }
  };
  const ended = (error: unknown): R => {
    if (thrown === undefined) throw error;
    return fallback;
  };
  const answered = (result: R): R => {
    if (thrown !== undefined) throw thrown.error;
    return result;
  };
  const result = work.run<MaybePromise<R>>(fallback, () => {
    try {
      const pending = work.transact(transaction(ask), timeoutMs);
      return isPromise(pending) ? pending.catch(ended) : pending;
    } catch (error) {
      return ended(error);
    }
  });
  return isPromise(result) ? result.then(answered) : answered(result);
}
