/**
 * The access count of an entry after further hits: at most 2^53 - 1, unless a record of another program has more
 * already.
 *
 * @example
 * ```ts
 * addHits(3, 2); // 5
 * ```
 */
export function addHits(accessCount: number, hits: number): number {
  const sum = accessCount + hits;
  return sum > Number.MAX_SAFE_INTEGER ? Math.max(accessCount, Number.MAX_SAFE_INTEGER) : sum;
}
