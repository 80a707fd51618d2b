/** Bytes in use after a full collection, including typed arrays and other memory outside the heap. */
export function usedBytes(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  // Twice: the second collection frees what the first one only unlinks, such as weak references.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
