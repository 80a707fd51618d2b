import { parseProxyUrl, trimInvisible } from '@pw/cache-models';
import { containsHostWithPort } from './token/host-with-port.ts';

/** What stands between two parts of a line. */
const SEPARATORS = /[\s,;|]+/g;
const ANY = /[\s,;|]/;
const CLOSING: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '«': '»',
  '(': ')',
  '<': '>',
  '{': '}',
  '[': ']',
};
const URL_START = /^["'`]?[a-z][a-z\d+.-]{1,20}:\/\/(?=[^@]+$)/i;
/** What is left of a user and a password up to their `@`; a further URL is none of it. */
const USER_REST = /(?:(?!:\/\/)[^\s|@])*@/y;
const QUOTES = '"\'`“‘«';

/** True for a text of more than one part, or of one in quotes or brackets. */
export function hasSeveralParts(text: string): boolean {
  return ANY.test(text) || Object.hasOwn(CLOSING, text[0] ?? '');
}

export interface LineToken {
  readonly text: string;
  /** True if only blanks stand before it. */
  readonly isBehindBlank: boolean;
}

/** The parts of a line, without quotes and brackets around them. Linear in the length of the line. */
export function* tokensOf(line: string): Generator<LineToken> {
  const quotes = new OpenQuotes(line);
  let isBehindBlank = true;
  for (let start = 0; start <= line.length; ) {
    // Others may read lines between two parts of this one.
    SEPARATORS.lastIndex = start;
    const first = SEPARATORS.exec(line);
    SEPARATORS.lastIndex = first === null ? 0 : endOfUrl(line, start, first.index);
    const match = SEPARATORS.lastIndex > start ? SEPARATORS.exec(line) : first;
    const end = match?.index ?? line.length;
    const next = match === null ? line.length : end + match[0].length;
    if (end > start) yield { text: quotes.unquoted(start, end), isBehindBlank };
    if (match === null) return;
    start = next;
    isBehindBlank = match[0].trim() === '';
  }
}

/**
 * Where a URL ends, at the least, whose user or password has a comma or a semicolon, as the standard allows and some gateways want; 0 for any other
 * part. It is none if the text before that has a host and a port already, or nothing but the next proxy has an `@`.
 */
function endOfUrl(line: string, start: number, separator: number): number {
  if (line[separator] !== ',' && line[separator] !== ';') return 0;
  const before = line.slice(start, separator);
  const scheme = URL_START.exec(before)?.[0];
  if (scheme === undefined || parseProxyUrl(before).ok || containsHostWithPort(before.slice(scheme.length))) return 0;
  USER_REST.lastIndex = separator;
  return USER_REST.test(line) ? USER_REST.lastIndex : 0;
}

/** Takes quotes off the parts, those around several parts too; one that nobody closes belongs to its part. */
class OpenQuotes {
  readonly #line: string;
  #open = '';
  #last: Map<string, number> | undefined;

  constructor(line: string) {
    this.#line = line;
  }

  unquoted(start: number, end: number): string {
    let text = trimInvisible(this.#line.slice(start, end));
    const closing = Object.hasOwn(CLOSING, text[0] ?? '') ? CLOSING[text[0]!]! : '';
    if (closing !== '' && text.length > 1) {
      if (text.indexOf(closing, 1) === text.length - 1) text = this.#isIpv6(text) ? text : text.slice(1, -1);
      else if (QUOTES.includes(text[0]!) && this.#isClosedLater(closing, end)) {
        this.#open = closing;
        text = text.slice(1);
      }
    } else if (this.#open !== '' && text.endsWith(this.#open)) {
      text = text.slice(0, -1);
      this.#open = '';
    }
    return text;
  }

  #isIpv6(text: string): boolean {
    return text.startsWith('[') && /^[[\da-f:.%]{2,}\]$/i.test(text) && text.includes(':', text.indexOf(':') + 1);
  }

  #isClosedLater(closing: string, end: number): boolean {
    this.#last ??= new Map();
    let last = this.#last.get(closing);
    if (last === undefined) {
      last = this.#line.lastIndexOf(closing);
      this.#last.set(closing, last);
    }
    return last >= end;
  }
}
