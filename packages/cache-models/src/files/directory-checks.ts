/**
 * What is done about a folder, or a file with several names, that other users of the machine could change.
 *
 * | finding | `warn` | `strict` | `off` |
 * | --- | --- | --- | --- |
 * | anyone may write to the folder, and it has no sticky bit | refused | refused | used |
 * | its group may write to it, or it belongs to neither us nor root | one warning | refused | used |
 * | a file has more than one hard link and belongs to us or root | one warning | refused | used |
 * | a file has more than one hard link and belongs to somebody else | refused | refused | used |
 */
export const DIRECTORY_CHECKS = ['warn', 'strict', 'off'] as const;
export type DirectoryChecks = (typeof DIRECTORY_CHECKS)[number];

/** What to say of a value that is none of them. */
export const DIRECTORY_CHECKS_PROBLEM = 'must be "warn", "strict" or "off"';

export function isDirectoryChecks(value: unknown): value is DirectoryChecks {
  return (DIRECTORY_CHECKS as readonly unknown[]).includes(value);
}
