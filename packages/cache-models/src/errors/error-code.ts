/**
 * The `code` of anything that was thrown, such as `ENOSPC`, `SQLITE_BUSY` or `CACHE_CORRUPTED`; `undefined` if it has
 * none, or one that is not a string. Never throws, whatever the value is.
 *
 * @example
 * ```ts
 * try {
 *   unlinkSync(path);
 * } catch (error) {
 *   if (errorCode(error) !== 'ENOENT') throw error;
 * }
 * ```
 */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
