import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { readUrl } from './proxy-url.ts';

/**
 * URLs that are their own origin: what nearly every entry has. The name ends with no dot, and the port begins with no zero, so
 * the parser would give the very same text or refuse it, and a refused URL is its own origin too.
 */
const CANONICAL = /^(?:https?|socks[45]|socks4a|socks5h):\/\/[a-z\d_-]+(?:\.[a-z\d_-]+)*:[1-9]\d{0,4}$/;

/** Ends the host for other URL parsers, although we look for it after the last `@`: `http://other:80/@host:1`. */
const AMBIGUOUS = /[/\\?#\s\p{Cc}]/u;

/**
 * The origin of a stored URL, whatever its age: the canonical `scheme://host:port`, to which credentials are bound. Two entries are of
 * one proxy if their origins are equal: credentials and health may pass from one to the other. A URL that does not parse is its own
 * origin, and so is one that other parsers take for another host: credentials must not go there just because we parse it
 * differently.
 */
export function originOf(proxyUrl: string): string {
  if (typeof proxyUrl !== 'string') checkArgument('proxyUrl', proxyUrl, Kinds.text);
  if (CANONICAL.test(proxyUrl)) return proxyUrl;
  const parsed = readUrl(proxyUrl);
  if (!parsed.ok) return proxyUrl;
  const userInfo = proxyUrl.slice(proxyUrl.indexOf('://') + 3, Math.max(proxyUrl.lastIndexOf('@'), 0));
  return AMBIGUOUS.test(userInfo) ? proxyUrl : parsed.value.url;
}
