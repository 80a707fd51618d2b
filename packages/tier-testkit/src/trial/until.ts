import { setTimeout as sleep } from 'node:timers/promises';
import type { Trial } from './trial.ts';

/** Waits until a condition holds; fails if it does not hold in time. */
export async function until(
  trial: Trial,
  what: string,
  condition: () => boolean | Promise<boolean>,
  received: () => unknown = () => 'nothing in time',
): Promise<void> {
  const end = performance.now() + trial.deadlineMs;
  while (!(await condition())) {
    trial.holds(what, performance.now() < end, `within ${trial.deadlineMs} ms`, received());
    await sleep(2);
  }
}
