import { compileFunction } from 'node:vm';

/** Runs the operations from `from` to `to` and returns how many returned a value. */
export type Loop = (run: (i: number) => unknown, from: number, to: number) => number | Promise<number>;

const BODY = 'let found = 0; for (let i = from; i < to; i++) if ((RUN) != null) found++; return found;';

/**
 * Compiles a separate loop for a contender. In a shared loop, V8 would see many different functions at one call site
 * and inline none of them, and all cheap operations would seem to cost the same.
 */
export function makeLoop(async: boolean, name: string): Loop {
  const label = `/* ${name.replaceAll('*', '')} ${Math.random()} */`;
  if (!async) return compileFunction(label + BODY.replace('RUN', 'run(i)'), ['run', 'from', 'to']) as Loop;
  const body = `${label} return async (run, from, to) => { ${BODY.replace('RUN', 'await run(i)')} }`;
  return (compileFunction(body) as () => Loop)();
}
