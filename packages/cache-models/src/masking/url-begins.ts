/** Where something like a URL begins in a line: at its scheme, if it has one, else at the colon. */
export interface UrlBegin {
  readonly index: number;
  /** From the scheme up to and with the slashes. */
  readonly begin: string;
}

// Slashes of either kind, and one alone where the scheme is known: browsers take all of these.
const SLASHES = /:[/\\]+/g;
const KNOWN_SCHEME = /(?:https?|socks[45]?[ah]?|ftps?|wss?)$/i;
const LONGEST_KNOWN = 'socks5h'.length;
const LONGEST_SCHEME = 32;
const LETTER = /[a-z]/i;
const SCHEME_CHAR = /[a-z\d+.-]/i;

/** In their order. Looks for slashes first, and only before them for a scheme: most texts have no slashes, and many letters. */
export function urlBegins(line: string): UrlBegin[] {
  const begins: UrlBegin[] = [];
  for (const { 0: slashes, index: colon } of line.matchAll(SLASHES)) {
    const hasTwo = slashes.length > 2;
    const index = hasTwo ? startOfScheme(line, colon) : startOfKnownScheme(line, colon);
    if (index >= 0) begins.push({ index, begin: line.slice(index, colon + slashes.length) });
  }
  return begins;
}

/** The first letter of the characters of a scheme that stand before a colon; the colon itself if there is none. */
function startOfScheme(line: string, colon: number): number {
  const limit = Math.max(0, colon - LONGEST_SCHEME);
  let start = colon;
  for (let i = colon - 1; i >= limit && SCHEME_CHAR.test(line[i]!); i--) if (LETTER.test(line[i]!)) start = i;
  return start;
}

function startOfKnownScheme(line: string, colon: number): number {
  const from = Math.max(0, colon - LONGEST_KNOWN);
  const found = KNOWN_SCHEME.exec(line.slice(from, colon));
  return found === null ? -1 : from + found.index;
}
