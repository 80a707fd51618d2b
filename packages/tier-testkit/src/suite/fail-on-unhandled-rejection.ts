import { setImmediate } from 'node:timers/promises';
import { ConformanceError } from '../contract/conformance-error.ts';

/** Runs `work` and fails if it caused an unhandled rejection. */
export async function failOnUnhandledRejection(work: () => Promise<void>): Promise<void> {
  const unhandled: unknown[] = [];
  const record = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', record);
  try {
    await work();
    // Node.js reports a rejection only after the microtasks in which it could still have been handled.
    await setImmediate();
  } finally {
    process.off('unhandledRejection', record);
  }
  if (unhandled.length === 0) return;
  throw new ConformanceError({
    what: 'unhandled promise rejections',
    expected: 'none',
    received: unhandled[0],
    rule: 'unhandled',
    cause: unhandled[0],
  });
}
