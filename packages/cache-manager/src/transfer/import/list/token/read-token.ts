import { type ProxyScheme, parseProxyUrl } from '@pw/cache-models';
import { trimInvisible } from '@pw/cache-models/tier';
import { beginsWithIpv6 } from './bare-ipv6.ts';
import { containsHostWithPort } from './host-with-port.ts';
import { withoutLeadingSymbols } from './outer-symbols.ts';
import { type OrderOptions, readOrders } from './read-orders.ts';
import {
  AMBIGUOUS,
  isSchemeOfOtherKind,
  NO_BRACKETS,
  NO_PORT,
  NO_SCHEME,
  OTHER_LINK,
  TWO_URLS,
  URL_INSIDE,
} from './reasons.ts';
import { failed, near, skipped, type TokenReading } from './token-reading.ts';

const SCHEME = /^[a-z][a-z\d+.-]{1,20}:\/\//i;

/**
 * Reads a token, whose only separators are colons and `@`: a URL, or host, port, user and password in one of four
 * orders. A part between colons is taken literally; a user and password before an `@` may be percent-encoded, as in a
 * URL.
 */
export function readToken(given: string, scheme: ProxyScheme, bareNames: boolean): TokenReading {
  const text = trimInvisible(given);
  if (text.includes('://')) {
    const link = trailingLinkAt(text);
    if (link > 0) return readToken(text.slice(0, link), scheme, bareNames);
    const url = SCHEME.test(text) ? text : withoutLeadingSymbols(text);
    return SCHEME.test(url) ? readUrl(url, bareNames) : failed(URL_INSIDE);
  }
  if (beginsWithIpv6(text)) return near(NO_BRACKETS);
  return readOrders(text, { scheme, inUrl: false, bareNames });
}

/**
 * The position of the link in brackets that some providers put after the password, to change the address; -1 if there
 * is none.
 */
function trailingLinkAt(text: string): number {
  const link = text.endsWith(']') ? text.lastIndexOf('[http') : -1;
  return /^\[https?:\/\//.test(text.slice(link, link + 9)) ? link : -1;
}

function readUrl(url: string, bareNames: boolean): TokenReading {
  const parsed = parseProxyUrl(url);
  const at = url.lastIndexOf('@');
  if (url.indexOf('://', url.indexOf('://') + 3) >= 0) return near(TWO_URLS);
  if (parsed.ok && mayBeCutOff(url, at, parsed.value.host)) return near(AMBIGUOUS);
  if (parsed.ok && (at < 0 || !hasPlaceBefore(url, at)))
    return { ok: true, value: parsed.value, hasScheme: true, isCertain: true };
  if (!parsed.ok && parsed.part === 'scheme') return readOtherUrl(url);
  const marks = url.indexOf('://');
  const options: OrderOptions = {
    scheme: url.slice(0, marks).toLowerCase() as ProxyScheme,
    inUrl: true,
    bareNames,
  };
  const rest = url.slice(marks + 3);
  if (beginsWithIpv6(rest)) return near(NO_BRACKETS);
  const whole = readOrders(rest, options);
  const reading = !whole.ok && rest.endsWith('/') ? readOrders(rest.slice(0, -1), options) : whole;
  if (reading.ok || parsed.ok) return reading;
  if (reading.isNear || parsed.part !== 'port') return reading.isNear ? reading : near(parsed.reason);
  // A URL with a path or query is a web page, not a proxy.
  return /[/?#]./.test(rest.slice(rest.lastIndexOf('@') + 1)) ? skipped(parsed.reason) : failed(NO_PORT);
}

/**
 * True if a URL has two `@` and the host after the last one has no dot. The real host may then be the text after the
 * first `@`, with its end cut off.
 */
function mayBeCutOff(url: string, at: number, host: string): boolean {
  return (
    at > 0 && !host.includes('.') && !host.startsWith('[') && host !== 'localhost' && url.lastIndexOf('@', at - 1) >= 0
  );
}

/** True if a URL has a host in place of its user; `at` is the position of its last `@`. */
function hasPlaceBefore(url: string, at: number): boolean {
  const start = url.indexOf('://') + 3;
  const colon = url.indexOf(':', start);
  if (colon < 0 || colon > at) return false;
  const rest = url.slice(start, at);
  return containsHostWithPort(rest) || (url.indexOf(':', colon + 1) < at && beginsWithIpv6(rest));
}

function readOtherUrl(url: string): TokenReading {
  const scheme = url.slice(0, url.indexOf('://')).toLowerCase();
  if (isSchemeOfOtherKind(scheme)) return failed(OTHER_LINK);
  return /:\d+\/?$/.test(url) ? near(NO_SCHEME) : skipped(NO_SCHEME);
}
