import { endOfQuote, forEachLine, isQuote, withoutClosing } from './ends.ts';
import { endOfListPlace, endOfSurePlace, isDotted, isPlace } from './hosts.ts';
import type { Mark } from './marks.ts';
import { markTokens } from './token-user-info.ts';
import { urlBegins } from './url-begins.ts';

const ENDPOINT = /(?:\[[^\]\s]{2,60}\]|[^\s:@/\\[\]]{1,253}):\d{1,5}(?=["'`,;)}\]>.]*(?:\s|$))/y;

/** Marks the user info of URLs, and of anything that looks like a URL, line by line. */
export function markUserInfo(text: string, mark: Mark): void {
  forEachLine(text, (line, offset) => markLine(line, (start, end) => mark(offset + start, offset + end)));
}

function markLine(line: string, mark: Mark): void {
  let from = 0;
  // The start of the rest of a password that looked like the beginning of another URL.
  let tail = -1;
  const between = (end: number): void => {
    const start = from;
    if (start < end) markTokens(line.slice(start, end), (a, b) => mark(start + a, start + b));
  };
  const urls = urlBegins(line);
  for (const [i, { begin, index }] of urls.entries()) {
    between(index);
    // A password may contain anything, even spaces; the URL ends at the next URL at the latest.
    const next = urls[i + 1]?.index ?? line.length;
    if (index === tail) {
      from = index + endOfToken(line.slice(index, next));
      mark(index, from);
    } else {
      const start = index + begin.length;
      const url = line.slice(start, endOfUrl(line, index, start, next));
      const isFile = /^file:/i.test(begin);
      from = start + (isFile ? 0 : markUrl(url, (a, b) => mark(start + a, start + b)));
    }
    tail = from === next && extendsToNextUrl(line, index, next) ? next : -1;
  }
  between(line.length);
}

/** True if a password without an `@` extends to the next URL. */
function extendsToNextUrl(line: string, start: number, end: number): boolean {
  return end < line.length && !/[\s"'`]/.test(line.slice(start, end));
}

/** The quote that closes a quoted URL; else `limit`. */
function endOfUrl(line: string, index: number, start: number, limit: number): number {
  const quote = line[index - 1];
  if (!isQuote(quote)) return limit;
  const end = endOfQuote(line, start, limit, quote!, line[index - 2] === '\\');
  if (end < 0) return limit;
  const rest = line.slice(end + 1, limit);
  const at = rest.indexOf('@');
  if (hasEndpoint(rest)) return limit;
  return at < 0 || mayEnd(line.slice(start, end), rest.slice(0, at).split(quote!).length % 2 === 0) ? end : limit;
}

/**
 * False if the quote is more likely part of a password: because the URL would have a password but no host, or because
 * the next `@` is not quoted as it would be in a list or in JSON.
 */
function mayEnd(url: string, isNextQuoted: boolean): boolean {
  const authority = url.slice(0, endOfAuthority(url));
  const at = url.lastIndexOf('@');
  if (endOfSurePlace(url, 0) >= 0 || (at < 0 && !authority.includes(':'))) return true;
  return isNextQuoted && (at < 0 ? isPlace(authority) && !authority.endsWith(':') : at < url.length - 1);
}

/** Marks the user info of a URL, given from after its `://`. Returns the index up to which it was examined. */
function markUrl(url: string, mark: Mark): number {
  const sure = endOfSurePlace(url, 0);
  if (sure >= 0) return sure;
  const place = endOfListPlace(url, 0);
  if (place >= 0) {
    const end = endOfToken(url);
    mark(place, withoutClosing(url, place, end));
    return end;
  }
  const authority = endOfAuthority(url);
  const at = endOfUserInfo(url);
  if (at < 0) return markCutOff(url, authority, mark);
  const head = url.slice(0, authority);
  // An @ in the path of https://unpkg.com/react@19 has nothing before it that could be a password.
  const isInPath = at > authority && !head.includes('@') && (head === '' || isDotted(head));
  if (isInPath && !url.slice(0, at).includes(':')) return authority;
  mark(0, at);
  return at + 1;
}

/**
 * The last `@`, unless one is followed by a complete `host:port`: then the first such `@`, or the last such `@` that
 * follows a space.
 */
function endOfUserInfo(url: string): number {
  let last = -1;
  let first = -1;
  for (let at = url.indexOf('@'); at >= 0; at = url.indexOf('@', at + 1)) {
    last = at;
    if (!(first < 0 || /\s/.test(url[at - 1]!)) || !isEndpointAt(url, at + 1)) continue;
    first = at;
  }
  return first < 0 ? last : first;
}

/** True if there is an `@host:port`: in doubt, it ends a password that contains the quote. */
function hasEndpoint(text: string): boolean {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) if (isEndpointAt(text, at + 1)) return true;
  return false;
}

function isEndpointAt(text: string, at: number): boolean {
  ENDPOINT.lastIndex = at;
  return ENDPOINT.test(text);
}

/** `http://user:password`, cut off before the `@`: a port that is not a number is a password. */
function markCutOff(url: string, authority: number, mark: Mark): number {
  const end = withoutClosing(url, 0, authority);
  if (isPlace(url.slice(0, url[0] === '[' && url[end] === ']' ? end + 1 : end))) return authority;
  const whole = endOfToken(url);
  mark(0, withoutClosing(url, 0, whole));
  return whole;
}

function endOfAuthority(url: string): number {
  return /[/\\?#\s]/.exec(url)?.index ?? url.length;
}

function endOfToken(url: string): number {
  const end = url.search(/\s/);
  return end < 0 ? url.length : end;
}
