import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Format characters, and all others that Unicode defines as ignorable for display. */
const INVISIBLE = /^[\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;

/** Names of the characters that pasted text usually brings along; the others are shown by their code point alone. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00ad, 'SOFT HYPHEN'],
  [0x034f, 'COMBINING GRAPHEME JOINER'],
  [0x061c, 'ARABIC LETTER MARK'],
  [0x180e, 'MONGOLIAN VOWEL SEPARATOR'],
  [0x200b, 'ZERO WIDTH SPACE'],
  [0x200c, 'ZERO WIDTH NON-JOINER'],
  [0x200d, 'ZERO WIDTH JOINER'],
  [0x200e, 'LEFT-TO-RIGHT MARK'],
  [0x200f, 'RIGHT-TO-LEFT MARK'],
  [0x202a, 'LEFT-TO-RIGHT EMBEDDING'],
  [0x202b, 'RIGHT-TO-LEFT EMBEDDING'],
  [0x202c, 'POP DIRECTIONAL FORMATTING'],
  [0x202d, 'LEFT-TO-RIGHT OVERRIDE'],
  [0x202e, 'RIGHT-TO-LEFT OVERRIDE'],
  [0x2060, 'WORD JOINER'],
  [0x2066, 'LEFT-TO-RIGHT ISOLATE'],
  [0x2067, 'RIGHT-TO-LEFT ISOLATE'],
  [0x2068, 'FIRST STRONG ISOLATE'],
  [0x2069, 'POP DIRECTIONAL ISOLATE'],
  [0x3164, 'HANGUL FILLER'],
  [0xfe0e, 'VARIATION SELECTOR-15'],
  [0xfe0f, 'VARIATION SELECTOR-16'],
  [0xfeff, 'ZERO WIDTH NO-BREAK SPACE'],
]);

/** True for an invisible character, such as a soft hyphen, a zero width space or a direction mark. */
export function isInvisible(char: string): boolean {
  return INVISIBLE.test(char);
}

/**
 * Describes a character by its code point, and by its name if it is a known invisible one: `U+200B ZERO WIDTH SPACE`.
 */
export function describeCharacter(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const name = NAMES.get(code);
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${name === undefined ? '' : ` ${name}`}`;
}

/**
 * Removes invisible characters from both ends of a string, where copying from a web page leaves them. Linear in the
 * length.
 */
export function trimInvisible(text: string): string {
  if (typeof text !== 'string') checkArgument('text', text, Kinds.string);
  return trimmed(text);
}

/**
 * As {@link trimInvisible}, without the argument check: repeating it in each nested function costs a tenth of the whole
 * parse.
 */
export function trimmed(text: string): string {
  const { length } = text;
  // No ASCII character is invisible, so most strings are returned here.
  if (length === 0 || (text.charCodeAt(0) < 128 && text.charCodeAt(length - 1) < 128)) return text;
  let start = 0;
  for (let char = charAt(text, start); isInvisible(char); char = charAt(text, start)) start += char.length;
  let end = length;
  for (let char = charBefore(text, end); end > start && isInvisible(char); char = charBefore(text, end)) {
    end -= char.length;
  }
  return text.slice(start, end);
}

function charAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function charBefore(text: string, end: number): string {
  const pair = charAt(text, end - 2);
  return pair.length === 2 ? pair : text.slice(Math.max(0, end - 1), end);
}
