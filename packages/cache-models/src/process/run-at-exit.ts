import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Work that is still to be done when this process exits. While it is empty there is no listener. */
const pending = new Set<() => void>();

/**
 * Runs `work` when the process ends by `process.exit()`, an uncaught error, or because nothing is left to do. Returns a function that
 * cancels it; call it when the work is done or no longer needed, so that no listener stays. All callers share one listener.
 *
 * `work` must be synchronous, and what it throws is swallowed: the rest is still done. A process that a signal ends without a handler
 * runs no code, so whatever is undone here must also be harmless when it is never undone.
 */
export function runAtExit(work: () => void): () => void {
  checkArgument('work', work, Kinds.function);
  // One of its own, so that the same function given twice is two pieces of work.
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
      // There is nobody left to tell.
    }
  }
}
