/** Lower-cases ASCII letters only, so that the length stays the same: `toLowerCase` makes two characters of some. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
