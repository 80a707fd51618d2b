/** Work of this process that is still to be done. It is the process's, as its exit is, and there is no listener while it is empty. */
const pending = new Set<() => void>();

/**
 * Has `work` done when the process ends by `process.exit()`, an uncaught error, or because nothing is left to do. Returns a function that
 * takes it back; call it when the work is done or needless, and no listener stays. However many there are, they share one listener.
 *
 * `work` must be synchronous, and what it throws is swallowed: the rest is still done. A process that a signal ends without a handler
 * runs no code, so whatever is undone here must also be harmless when it is never undone.
 */
export function runAtExit(work: () => void): () => void {
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
      // Nobody is left to be told.
    }
  }
}
