/**
 * True for a word spelled like the name of a place or company: `Berlin`, `OVH`, `Saint-Denis`. A user or password may
 * look the same.
 */
export function isProperName(text: string): boolean {
  return text.length <= 64 && /^\p{Lu}[\p{L}'’&.-]*$/u.test(text);
}
