/** The beginning of something like a URL in a line: its scheme if it has one, otherwise the colon. */
export interface UrlBegin {
  readonly index: number;
  /** From the scheme to the slashes, inclusive. */
  readonly begin: string;
}

// Slashes of either kind, and a single one after a known scheme: browsers accept all of these.
const SLASHES = /:[/\\]+/g;
const KNOWN_SCHEME = /(?:https?|socks[45]?[ah]?|ftps?|wss?)$/i;
const LONGEST_KNOWN = 'socks5h'.length;
const LONGEST_SCHEME = 32;
const LETTER = /[a-z]/i;
const SCHEME_CHAR = /[a-z\d+.-]/i;

/**
 * All beginnings in order. Searches for slashes first and then backwards for a scheme, because most text has letters
 * but no slashes.
 */
export function urlBegins(line: string): UrlBegin[] {
  const begins: UrlBegin[] = [];
  for (const { 0: slashes, index: colon } of line.matchAll(SLASHES)) {
    const hasTwo = slashes.length > 2;
    const index = hasTwo ? startOfScheme(line, colon) : startOfKnownScheme(line, colon);
    if (index >= 0) begins.push({ index, begin: line.slice(index, colon + slashes.length) });
  }
  return begins;
}

/** The index of the first letter of a scheme before the colon; the colon itself if there is no scheme. */
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
