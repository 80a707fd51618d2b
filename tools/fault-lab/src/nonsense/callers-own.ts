import type { Call } from './nonsense-spec.ts';

type Caller<Subject> = Call<Subject>['call'];

/**
 * A call that passes the caller's own functions on: an error that such a function throws reaches the caller, and is not a fault of
 * the call.
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

/** The errors of the functions among the invalid values: one throws, one rejects, and the class must be called with `new`. */
function unlessCallersOwn(error: unknown): void {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('a trap of the caller') || message.startsWith('Class constructor Something ')) return;
  throw error;
}
