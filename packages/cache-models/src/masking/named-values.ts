import { endOfLine, endOfQuote } from './ends.ts';
import type { Mark } from './marks.ts';
import { endOfBrackets, endOfHeader, endOfValue } from './value-ends.ts';

const NAME =
  /(?:pass(?:word|wd|phrase|code)?|pwd|pw|token|secret|(?:api|access|private|secret|auth)[-_]?key|auth|(authori[sz]ation|cookie2?)|(user(?:[-_]?name)?|login)|(key|sig|signature)|(credentials?)|(port|integer value as))\d{0,3}(?![\w-])/gi;
const SEPARATOR = /\]?(\\?["'`])?[ \t]{0,16}(?:(=>|:=|[:=])|(,))?[ \t]{0,16}(?:[bu](?=["']))?(\\?["'`])?/y;
/** Names that only end like the name of a secret. */
const HARMLESS = /(?:by|com|tres|over|sur|en|BY|COM)(?:pass|PASS)$|[a-z]pw$/;
const AFTER_VALUE = /[\s,;)}\]&"'`]/;
const NOTHING = /^(?:null|undefined|none|nil|true|false)(?=[\s,;:)}\]&"'`]|\.?(?:\s|$))/i;

/** In the order of the pattern's groups; a match without a group is a secret. */
const KINDS = ['header', 'user', 'query', 'assigned', 'port'] as const;
type Kind = (typeof KINDS)[number] | 'secret';

interface Found {
  readonly kind: Kind;
  /** Range of the name in the text. */
  readonly start: number;
  readonly end: number;
}

/**
 * Marks values whose name is that of a secret: in headers, JSON, queries, assignments, command options, `key: value`,
 * quotations (`user 'ann'`). The value of a username is marked only if it is clearly a value: after `=`, or quoted.
 */
export function markNamedValues(text: string, mark: Mark): void {
  NAME.lastIndex = 0;
  for (let from = 0; ; ) {
    NAME.lastIndex = from;
    const match = NAME.exec(text);
    if (match === null) return;
    const [name, ...kinds] = match;
    const kind: Kind = KINDS[kinds.findIndex((group) => group !== undefined)] ?? 'secret';
    const found: Found = { kind, start: match.index, end: match.index + name.length };
    from = Math.max(found.end, markValue(text, found, mark));
  }
}

/** Marks the value of a name, if it has one. Returns the end of the value or name. */
function markValue(text: string, found: Found, mark: Mark): number {
  const { kind, start, end } = found;
  SEPARATOR.lastIndex = end;
  const [whole, closing, sign, comma, quote] = SEPARATOR.exec(text)!;
  const value = end + whole.length;
  const between = { whole, closing, sign, comma, isQuoted: quote !== undefined };
  if (value >= text.length || !isNamed(text, found) || !isAssigned(text, found, between)) return end;
  if (quote !== undefined) {
    const closed = endOfQuote(text, value, text.length, quote.slice(-1), quote.length > 1);
    // Empty quotes that are followed by something are part of the value.
    const isPart = closed === value && !isEnd(text[closed + quote.length]);
    const last = closed < 0 ? endOfLine(text, value) : isPart ? endOfValue(text, closed + quote.length, start) : closed;
    mark(value, last);
    return last;
  }
  if (text[value] === '[' || text[value] === '(') {
    const last = endOfBrackets(text, value);
    if (isWholeList(text, value, last)) {
      mark(value + 1, last);
      return last;
    }
    // The brackets are part of the value. Its end is searched for after them, so that no bracket is searched for twice.
    const end = endOfValue(text, last, start);
    mark(value, end);
    return end;
  }
  if (text[value] === '{' || NOTHING.test(text.slice(value, value + 12))) return end;
  const last = kind === 'header' ? endOfHeader(text, value, start) : endOfValue(text, value, start);
  mark(value, last);
  return last;
}

/** True for non-empty brackets, closed or cut off, with nothing after them; otherwise they are part of the value. */
function isWholeList(text: string, start: number, last: number): boolean {
  const isClosed = /[\])]/.test(text[last] ?? '');
  return last > start + 1 && isEnd(text[isClosed ? last + 1 : last]);
}

function isEnd(char: string | undefined): boolean {
  return char === undefined || AFTER_VALUE.test(char);
}

/** What is between a name and its possible value. */
interface Between {
  readonly whole: string;
  /** The quote that closes the name. */
  readonly closing: string | undefined;
  readonly sign: string | undefined;
  readonly comma: string | undefined;
  /** A quote opens the value. */
  readonly isQuoted: boolean;
}

function isAssigned(text: string, { kind, start, end }: Found, between: Between): boolean {
  const { whole, closing, sign, comma, isQuoted } = between;
  // As in `nonnumeric port: 'password@host'`.
  if (kind === 'port')
    return isQuoted && closing === undefined && comma === undefined && !isNumberAt(text, end + whole.length);
  if (sign !== undefined) {
    if (kind === 'query') return sign === '=';
    return kind === 'secret' || kind === 'header' || isQuoted || sign.includes('=');
  }
  if (kind === 'query') return false;
  if (whole !== '' && isLongOption(text, start)) return true;
  // A list of alternating names and values, such as raw request headers.
  if (comma !== undefined) return closing !== undefined || isQuoted;
  // `password "x"`, but not `token "x"`, which is common in error messages of parsers.
  const isQuotedWord = kind === 'user' || (kind === 'secret' && !/token$/i.test(text.slice(start, end)));
  return isQuotedWord && isQuoted && closing === undefined && /\s/.test(whole);
}

/** True for digits up to a quote. */
function isNumberAt(text: string, start: number): boolean {
  return /^\d{1,5}["'`]/.test(text.slice(start, start + 6));
}

function isNamed(text: string, { kind, start, end }: Found): boolean {
  if (kind === 'query') return /[?&]/.test(text[start - 1] ?? '');
  return !HARMLESS.test(text.slice(Math.max(0, start - 4), end));
}

/** True for the name of an option like `--proxy-password`. */
function isLongOption(text: string, start: number): boolean {
  return /(?:^|[^\w-])--[\w-]{0,40}$/.test(text.slice(Math.max(0, start - 44), start));
}
