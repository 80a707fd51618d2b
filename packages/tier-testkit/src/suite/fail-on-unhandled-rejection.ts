import { setImmediate } from 'node:timers/promises';
import { ConformanceError } from '../contract/conformance-error.ts';

/** Does some work, and fails if a promise was rejected meanwhile that nobody listened to. */
export async function failOnUnhandledRejection(work: () => Promise<void>): Promise<void> {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  try {
    await work();
    // Node.js tells of a rejection after the microtasks in which somebody could still have listened.
    await setImmediate();
  } finally {
    process.off('unhandledRejection', hear);
  }
  if (unheard.length === 0) return;
  throw new ConformanceError({
    what: 'promises rejected where nobody hears it',
    expected: 'none',
    came: unheard[0],
    rule: 'unhandled',
    cause: unheard[0],
  });
}
