const SYMBOL = /^[\p{S}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;
const LEADING = /^[\p{S}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]+\s*/u;

/** Removes leading flags, ticks, stars and other symbols. */
export function withoutLeadingSymbols(text: string): string {
  return text.replace(LEADING, '');
}

/** Removes trailing symbols. Linear in the length, unlike a regular expression that searches from the left. */
export function withoutTrailingSymbols(text: string): string {
  let end = text.length;
  for (let char = charBefore(text, end); SYMBOL.test(char); char = charBefore(text, end)) end -= char.length;
  return text.slice(0, end).trimEnd();
}

function charBefore(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.slice(-1);
}
