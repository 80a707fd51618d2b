/**
 * What happens if other users of the machine could change a folder, or a file with several hard links.
 *
 * | finding | `warn` | `strict` | `off` |
 * | --- | --- | --- | --- |
 * | anyone may write to the folder, and it has no sticky bit | refused | refused | used |
 * | its group may write to it, or anyone may add files to it (sticky) | one warning | refused | used |
 * | the folder belongs to neither this user nor root | one warning | refused | used |
 * | the folder is a symbolic link of another user | refused | refused | used |
 * | a file has more than one hard link and belongs to this user or root | one warning | refused | used |
 * | a file has more than one hard link and belongs to another user | refused | refused | used |
 */
export const DIRECTORY_CHECKS = ['warn', 'strict', 'off'] as const;
export type DirectoryChecks = (typeof DIRECTORY_CHECKS)[number];

/** The message for any other value. */
export const DIRECTORY_CHECKS_PROBLEM = 'must be "warn", "strict" or "off"';

/** True for `"warn"`, `"strict"` and `"off"`. */
export function isDirectoryChecks(value: unknown): value is DirectoryChecks {
  return (DIRECTORY_CHECKS as readonly unknown[]).includes(value);
}
