/** What was found for each key, without the keys for which nothing was. */
export function byKey<T>(keys: readonly string[], found: readonly (T | undefined)[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const [i, one] of found.entries()) if (one !== undefined) map.set(keys[i]!, one);
  return map;
}
