/** Bytes in use after a full collection, typed arrays and other memory outside the heap included. */
export function usedBytes(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  // Twice: what the first collection only unlinks, such as weak references, the second one frees.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
