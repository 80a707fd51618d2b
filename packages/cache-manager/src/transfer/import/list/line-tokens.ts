import { parseProxyUrl } from '@pw/cache-models';
import { trimInvisible } from '@pw/cache-models/tier';
import { containsHostWithPort } from './token/host-with-port.ts';

/** Separators between the parts of a line. */
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
/** The rest of a user and password up to the `@`, unless another URL comes first. */
const USER_REST = /(?:(?!:\/\/)[^\s|@])*@/y;
const QUOTES = '"\'`“‘«';

/** True for text of several parts, and for text that begins with a quote or bracket. */
export function hasSeveralParts(text: string): boolean {
  return ANY.test(text) || Object.hasOwn(CLOSING, text[0] ?? '');
}

export interface LineToken {
  readonly text: string;
  /** True if only white space separates it from the part before. */
  readonly isAfterSpace: boolean;
}

/** The parts of a line, without enclosing quotes and brackets. Linear in the length of the line. */
export function* tokensOf(line: string): Generator<LineToken> {
  const quotes = new OpenQuotes(line);
  let isAfterSpace = true;
  for (let start = 0; start <= line.length; ) {
    // Another reader may have moved `lastIndex` while this generator was suspended.
    SEPARATORS.lastIndex = start;
    const first = SEPARATORS.exec(line);
    SEPARATORS.lastIndex = first === null ? 0 : endOfUrl(line, start, first.index);
    const match = SEPARATORS.lastIndex > start ? SEPARATORS.exec(line) : first;
    const end = match?.index ?? line.length;
    const next = match === null ? line.length : end + match[0].length;
    if (end > start) yield { text: quotes.unquoted(start, end), isAfterSpace };
    if (match === null) return;
    start = next;
    isAfterSpace = match[0].trim() === '';
  }
}

/**
 * The first position at which a URL may end if its user or password contains a comma or semicolon, as the standard
 * allows and some gateways require; 0 for any other part. If there is a host and port before the separator, the
 * separator ends the URL.
 */
function endOfUrl(line: string, start: number, separator: number): number {
  if (line[separator] !== ',' && line[separator] !== ';') return 0;
  const before = line.slice(start, separator);
  const scheme = URL_START.exec(before)?.[0];
  if (scheme === undefined || parseProxyUrl(before).ok || containsHostWithPort(before.slice(scheme.length))) return 0;
  USER_REST.lastIndex = separator;
  return USER_REST.test(line) ? USER_REST.lastIndex : 0;
}

/** Removes quotes around parts, or around several parts together. An unclosed quote belongs to its part. */
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
