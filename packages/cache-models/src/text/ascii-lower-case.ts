/** Lower-cases ASCII letters only, so that the length stays the same: `toLowerCase` turns some characters into two. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
