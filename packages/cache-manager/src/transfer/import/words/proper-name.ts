/** True for a word that is spelled as the name of a place or of a company is: `Berlin`, `OVH`, `Saint-Denis`. Users and passwords may be, too. */
export function isName(text: string): boolean {
  return text.length <= 64 && /^\p{Lu}[\p{L}'’&.-]*$/u.test(text);
}
