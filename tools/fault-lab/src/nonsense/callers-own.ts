import type { Call } from './nonsense-spec.ts';

type Caller<Subject> = Call<Subject>['call'];

/**
 * A call that hands functions of the caller's on: what such a function throws of its own reaches the caller, and is no fault of
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

/** What the functions among the nonsense throw: the one that throws, the one that rejects, and the class, which wants `new`. */
function unlessCallersOwn(error: unknown): void {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('a trap of the caller') || message.startsWith('Class constructor Something ')) return;
  throw error;
}
