import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that happens by itself; fails when it does not. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, patienceMs = 30_000): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`did not happen within ${patienceMs} ms: ${what}`);
    await sleep(20);
  }
}
