import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { readUrl } from './proxy-url.ts';

/**
 * URLs that are their own origin, as nearly all are. The name does not end with a dot and the port does not begin with
 * a zero, so the parser would either return the same URL or refuse it, and a refused URL is its own origin too.
 */
const CANONICAL = /^(?:https?|socks[45]|socks4a|socks5h):\/\/[a-z\d_-]+(?:\.[a-z\d_-]+)*:[1-9]\d{0,4}$/;

/**
 * Characters that end the authority for other URL parsers, while we look for the host after the last `@`:
 * `http://other:80/@host:1`.
 */
const AMBIGUOUS = /[/\\?#\s\p{Cc}]/u;

/**
 * The origin of a proxy URL: the canonical `scheme://host:port` to which credentials are bound. Two entries belong to
 * the same proxy if their origins are equal; only then may credentials and health pass from one to the other. A URL
 * that does not parse is its own origin, and so is a URL in which other parsers find another host: credentials must not
 * be sent there because of a difference between parsers. Throws a CacheValidationError unless `proxyUrl` is a string.
 *
 * @example
 * ```ts
 * originOf('http://user:secret@Gate.Example:8080'); // 'http://gate.example:8080'
 * ```
 */
export function originOf(proxyUrl: string): string {
  if (typeof proxyUrl !== 'string') checkArgument('proxyUrl', proxyUrl, Kinds.string);
  if (CANONICAL.test(proxyUrl)) return proxyUrl;
  const parsed = readUrl(proxyUrl);
  if (!parsed.ok) return proxyUrl;
  const userInfo = proxyUrl.slice(proxyUrl.indexOf('://') + 3, Math.max(proxyUrl.lastIndexOf('@'), 0));
  return AMBIGUOUS.test(userInfo) ? proxyUrl : parsed.value.url;
}
