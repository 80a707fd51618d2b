import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until a condition is true; rejects when it is not true in time. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, patienceMs = 30_000): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`did not happen within ${patienceMs} ms: ${what}`);
    await sleep(20);
  }
}
