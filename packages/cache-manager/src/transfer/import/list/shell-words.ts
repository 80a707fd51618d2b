/** Within double quotes a backslash escapes only these. */
const ESCAPED_IN_QUOTES = '"\\$`';

/**
 * Splits a command into words like a shell, without substitutions; `undefined` if a quote is not closed. Linear in the
 * length.
 */
export function shellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === '\\' && isEscape(text[i + 1], quote)) word = (word ?? '') + (text[++i] ?? '');
    else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return quote === '' ? words : undefined;
}

function isEscape(next: string | undefined, quote: string): boolean {
  if (quote === "'") return false;
  return quote === '' || (next !== undefined && ESCAPED_IN_QUOTES.includes(next));
}
