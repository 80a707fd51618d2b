import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Work to be done when this process exits. While it is empty, no listener is registered. */
const pending = new Set<() => void>();

/**
 * Runs `work` when the process ends by `process.exit()`, by an uncaught error, or because the event loop is empty.
 * Returns a function that cancels it; call it once the work is done or no longer needed, so that no listener is left.
 * All callers share one listener.
 *
 * `work` must be synchronous. Errors that it throws are swallowed, and the remaining work still runs. A process that is
 * killed by an unhandled signal runs none of it, so a missing cleanup must be harmless.
 *
 * @example
 * ```ts
 * const cancel = runAtExit(() => rmSync(temporary, { force: true }));
 * await write(temporary);
 * cancel();
 * ```
 */
export function runAtExit(work: () => void): () => void {
  checkArgument('work', work, Kinds.function);
  // A closure of its own, so that the same function given twice counts as two pieces of work.
  const item = () => work();
  if (pending.size === 0) process.on('exit', runAll);
  pending.add(item);
  return () => {
    if (pending.delete(item) && pending.size === 0) process.off('exit', runAll);
  };
}

function runAll(): void {
  for (const work of pending) {
    try {
      work();
    } catch {
      // The process is ending: there is nowhere left to report to.
    }
  }
}
