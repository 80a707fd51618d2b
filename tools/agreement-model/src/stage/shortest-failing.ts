import type { Outcome } from '../explore/play.ts';
import type { Action } from '../world/action.ts';

/** Plays parts of a script that has failed, and describes the shortest one that fails, or that failure if none does. */
export async function describeShortest(
  script: readonly Action[],
  failed: Outcome,
  play: (some: readonly Action[]) => Promise<Outcome>,
): Promise<string> {
  let best = script;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (let at = 0; at < best.length; at++) {
      const some = [...best.slice(0, at), ...best.slice(at + 1)];
      if ((await play(some)).violation === undefined) continue;
      best = some;
      isShorter = true;
      at--;
    }
  }
  const last = await play(best);
  if (last.violation === undefined) return ['it does not fail each time:', ...failed.trace].join('\n');
  return [...best.map((action) => JSON.stringify(action)), ...last.trace, last.violation].join('\n');
}
