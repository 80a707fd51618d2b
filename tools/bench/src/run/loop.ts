import { compileFunction } from 'node:vm';

/** Runs the operations from `from` to `to` and tells how many gave something. */
export type Loop = (run: (i: number) => unknown, from: number, to: number) => number | Promise<number>;

const BODY = 'let found = 0; for (let i = from; i < to; i++) if ((RUN) != null) found++; return found;';

/**
 * A loop of a contender's own, compiled afresh: in a loop that all contenders share, V8 would see many different
 * functions at one call and inline none, and the cheapest operations would all look alike.
 */
export function makeLoop(async: boolean, name: string): Loop {
  const label = `/* ${name.replaceAll('*', '')} ${Math.random()} */`;
  if (!async) return compileFunction(label + BODY.replace('RUN', 'run(i)'), ['run', 'from', 'to']) as Loop;
  const body = `${label} return async (run, from, to) => { ${BODY.replace('RUN', 'await run(i)')} }`;
  return (compileFunction(body) as () => Loop)();
}
