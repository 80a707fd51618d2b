import { type ProxyScheme, parseProxyUrl, trimInvisible } from '@pw/cache-models';
import { withoutLeadingSymbols } from '../outer-symbols.ts';
import { beginsWithIpv6 } from './bare-ipv6.ts';
import { type OrderOptions, readOrders } from './read-orders.ts';
import { isSchemeOfOtherKind, NO_BRACKETS, NO_PORT, NO_SCHEME, OTHER_LINK } from './reasons.ts';
import { failed, near, skipped, type TokenReading } from './token-reading.ts';

const SCHEME = /^[a-z][a-z\d+.-]{1,20}:\/\//i;

/**
 * Reads a token, which holds no separator but colons: a URL, or host, port, user and password in one of their four orders. A part
 * between colons is taken as it stands; a user and a password before an `@` may be percent-encoded, as in a URL.
 */
export function readToken(given: string, scheme: ProxyScheme, bareNames: boolean): TokenReading {
  const text = trimInvisible(given);
  if (text.includes('://')) {
    const url = SCHEME.test(text) ? text : withoutLeadingSymbols(text);
    if (SCHEME.test(url)) return readUrl(url);
  }
  if (beginsWithIpv6(text)) return near(NO_BRACKETS);
  return readOrders(text, { scheme, inUrl: false, bareNames });
}

function readUrl(url: string): TokenReading {
  const parsed = parseProxyUrl(url);
  const at = url.lastIndexOf('@');
  // Most are a URL as the standard has it, and nothing else.
  if (parsed.ok && (at < 0 || !mayHavePlaceBefore(url, at)))
    return { ok: true, value: parsed.value, hasScheme: true, isCertain: true };
  if (!parsed.ok && parsed.part === 'scheme') return readOtherUrl(url);
  const marks = url.indexOf('://');
  const options: OrderOptions = {
    scheme: url.slice(0, marks).toLowerCase() as ProxyScheme,
    inUrl: true,
    bareNames: true,
  };
  const rest = url.slice(marks + 3);
  if (beginsWithIpv6(rest)) return near(NO_BRACKETS);
  const reading = readOrders(rest.endsWith('/') ? rest.slice(0, -1) : rest, options);
  if (reading.ok || parsed.ok) return reading;
  if (reading.isNear || parsed.part !== 'port') return reading.isNear ? reading : near(parsed.reason);
  // A path, or a query: a page and no proxy.
  return /[/?#]./.test(rest.slice(rest.lastIndexOf('@') + 1)) ? skipped(parsed.reason) : failed(NO_PORT);
}

/** False for nearly every userinfo, at little cost: what ends neither in a port nor has one in the middle names no place. */
function mayHavePlaceBefore(url: string, at: number): boolean {
  return /:\d+(?:[:@]|$)/.test(url.slice(url.indexOf('://') + 3, at));
}

function readOtherUrl(url: string): TokenReading {
  const scheme = url.slice(0, url.indexOf('://')).toLowerCase();
  if (isSchemeOfOtherKind(scheme)) return failed(OTHER_LINK);
  return /:\d+\/?$/.test(url) ? near(NO_SCHEME) : skipped(NO_SCHEME);
}
