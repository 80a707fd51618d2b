import { isIPv6 } from 'node:net';
import { isQuote, withoutClosing } from './ends.ts';
import { isHostLike, isPort, isSureHost } from './hosts.ts';
import type { Mark } from './marks.ts';

const MASKED = /^["'`(<[{]*\*{10}@/;
// Delimiters around a user, as in {"proxy":"user:password@host"} or url=user:password@host.
const DELIMITER = /["'`<>(){}[\],;=|&]/;
const REFERENCE =
  /^(?:(?:github|gitlab|bitbucket|gist):[\w.-]+\/[\w./-]+@[\w./-]+|(?:npm|jsr|bun|deno|pkg|workspace|catalog):@?[\w./-]+@[\w.^~*+-]+|mailto:[^\s:@]+@[^\s:@]+)$/i;
const BRACKETED_FIRST = /\[[\da-f:.]{2,45}(?:%\w{1,16})?\]:\d{1,5}:(?=[^\s:]+:\S)/i;
const PLACE_LAST =
  /:(?=(?:\[[\da-f:.]{2,45}(?:%\w{1,16})?\]|localhost|[a-z\d_-]+(?:\.[a-z\d_-]+)+):\d{1,5}(?!\w|\.\d))/gi;

/** The range of a username before a colon. */
interface User {
  readonly start: number;
  readonly colon: number;
}

/**
 * Marks `user:password@` without a scheme, and the credentials in lines of proxy lists, `host:port:user:password` and
 * `user:password:host:port`. An `@` without a colon before it belongs to an e-mail address or the version of a package.
 */
export function markTokens(text: string, mark: Mark): void {
  // The start of a user whose password may continue after a space.
  let open = -1;
  for (const { 0: token, index } of text.matchAll(/\S+/g)) {
    const at = token.lastIndexOf('@');
    const user = userIn(token, at < 0 ? token.length : at);
    const isListLine = user !== undefined && markListLine(token, user, (a, b) => mark(index + a, index + b));
    if (at >= 0 && !isListLine) {
      if (user === undefined) {
        if (open >= 0 && !'@/([<'.includes(token[0]!) && !MASKED.test(token)) mark(open, index + at);
      } else if (!isReference(token, user)) mark(index + user.start, index + at);
    }
    open = user !== undefined && mayGoOn(token, user, at) ? index + user.start : -1;
  }
}

/** The first word before a colon, except for a drive letter as in `C:\`. */
function userIn(token: string, end: number): User | undefined {
  let from = 0;
  let isBare = true;
  for (let colon = token.indexOf(':'); colon >= 0 && colon < end; colon = token.indexOf(':', colon + 1)) {
    let start = colon;
    while (start > from && !DELIMITER.test(token[start - 1]!)) start--;
    const isDrive = /^\/?[a-z]$/i.test(token.slice(start, colon)) && /[/\\]/.test(token[colon + 1] ?? '');
    if (start < colon && !isDrive) return { start, colon };
    for (let i = from; isBare && i < colon; i++) isBare = DELIMITER.test(token[i]!);
    // An empty name, as in `:password@host`.
    if (isBare && !/["'`{[\s]/.test(token[colon + 1] ?? ' ')) return { start: colon, colon };
    isBare = false;
    from = colon + 1;
  }
  return undefined;
}

/** `github:user/repository@branch`, `npm:@scope/name@1.2.3`, `mailto:…`: these contain no password. */
function isReference(token: string, { start }: User): boolean {
  return REFERENCE.test(token.slice(start, withoutClosing(token, start, token.length)));
}

function mayGoOn(token: string, { colon }: User, at: number): boolean {
  const rest = token.slice(colon + 1, withoutClosing(token, colon + 1, token.length));
  if (at >= 0 && /^[^\s:@]+:\d{1,5}$/.test(token.slice(at + 1, withoutClosing(token, at + 1, token.length))))
    return false;
  // Times, lines and columns, ports.
  return rest !== '' && !/^[\d:.,-]*$/.test(rest);
}

/** Marks the credentials of a line of a proxy list. Returns true if the line certainly begins with a host. */
function markListLine(token: string, { start, colon }: User, mark: Mark): boolean {
  if (!token.includes('[') && !hasFourFields(token, colon)) return false;
  const first = BRACKETED_FIRST.exec(token);
  if (first !== null) {
    mark(first.index + first[0].length, withoutClosing(token, first.index, token.length));
    return true;
  }
  // Everything before the last `host:port`: `user:password:host:port`.
  const last = [...token.slice(start).matchAll(PLACE_LAST)].at(-1)?.index ?? 0;
  if (token.slice(start, start + last).includes(':')) mark(start, start + last);
  const end = endOfListLine(token, start);
  const line = token.slice(start, end);
  const fields = line.split(':');
  if (fields.length < 4 || isIPv6(line) || fields.every((field) => /^[\da-f]{2}$/i.test(field))) return false;
  const [host, port] = fields as [string, string];
  if (!isPort(port) || !isHostLike(host)) return false;
  mark(start + host.length + port.length + 2, end);
  return isSureHost(host);
}

/** A cheap test first: most tokens have at most one colon. */
function hasFourFields(token: string, colon: number): boolean {
  const second = token.indexOf(':', colon + 1);
  return second >= 0 && token.indexOf(':', second + 1) >= 0;
}

function endOfListLine(token: string, start: number): number {
  const quote = token[start - 1];
  const closing = isQuote(quote) ? token.indexOf(quote!, start) : -1;
  return closing < 0 ? withoutClosing(token, start, token.length) : closing;
}
