import type { Action } from '../world/action.ts';

/** The shortest part of a failing script that still fails. */
export function shrink(script: readonly Action[], fails: (some: readonly Action[]) => boolean): readonly Action[] {
  let best = script;
  for (let size = Math.ceil(best.length / 2); size >= 1; ) {
    const some = withoutSlices(best, size, fails);
    const isSmaller = some.length < best.length;
    best = some;
    if (!isSmaller) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return makeWhole(best, fails);
}

function withoutSlices(
  script: readonly Action[],
  size: number,
  fails: (some: readonly Action[]) => boolean,
): readonly Action[] {
  let best = script;
  for (let at = 0; at < best.length; ) {
    const some = [...best.slice(0, at), ...best.slice(at + size)];
    if (fails(some)) best = some;
    else at += size;
  }
  return best;
}

/** Whole operations are easier to read than halves. */
function makeWhole(script: readonly Action[], fails: (some: readonly Action[]) => boolean): readonly Action[] {
  let best = script;
  for (const [i, action] of script.entries()) {
    if (action.a !== 'do' || action.n === undefined) continue;
    const some = best.with(i, { ...action, n: undefined });
    if (fails(some)) best = some;
  }
  return best;
}
