import type { Outcome } from '../explore/play.ts';
import type { Action } from '../world/action.ts';

/** Plays parts of a failing script, and describes the shortest one that fails. */
export async function describeShortest(
  script: readonly Action[],
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
  const { trace, violation } = await play(best);
  return [...best.map((action) => JSON.stringify(action)), ...trace, violation].join('\n');
}
