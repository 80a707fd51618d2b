import type { Call } from './nonsense-spec.ts';
import { isCallersOwnError } from './nonsense-values.ts';

type Caller<Subject> = Call<Subject>['call'];

/**
 * Wraps a call that runs the caller's own functions: an error that such a function throws reaches the caller, and is
 * not a fault of the call.
 */
export function passingOn<Subject>(call: Caller<Subject>): Caller<Subject> {
  return (subject, ...args) => {
    try {
      const given = call(subject, ...args);
      return given instanceof Promise ? given.catch(unlessCallersOwn) : given;
    } catch (error) {
      return unlessCallersOwn(error);
    }
  };
}

function unlessCallersOwn(error: unknown): void {
  if (!isCallersOwnError(error)) throw error;
}
