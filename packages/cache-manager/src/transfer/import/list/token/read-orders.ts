import { type ParsedProxyUrl, type ProxyScheme, parseProxyUrl } from '@pw/cache-models';
import { countryLabel, isCountryCode } from '../../words/country-codes.ts';
import { isHeading, schemeOfWord } from '../../words/list-words.ts';
import { endsWithIpv6, isIpv6 } from './bare-ipv6.ts';
import { mayBeDamagedUrl } from './damaged-url.ts';
import { containsHostWithPort } from './host-with-port.ts';
import { withoutLeadingSymbols, withoutTrailingSymbols } from './outer-symbols.ts';
import {
  AMBIGUOUS,
  FORMS,
  HAS_PATH,
  MANY_COLONS,
  MORE_AFTER_AT,
  NO_BRACKETS,
  NO_PORT,
  NO_USER,
  ONE_CREDENTIAL,
  SCHEME_AFTER_PORT,
  SCHEME_AS_USER,
  SINGLE_NAME,
  WIDE_COLON,
  WRONG_PORT,
} from './reasons.ts';
import { failed, near, skipped, type TokenEndpoint, type TokenReading, type TokenRefused } from './token-reading.ts';

export interface OrderOptions {
  readonly scheme: ProxyScheme;
  /** True if the text follows `scheme://`: there, a host needs no dot. */
  readonly inUrl: boolean;
  readonly bareNames: boolean;
}

/** How certain it is that text is a host: a name without a dot may be anything, including a user. */
const Rank = { NONE: 0, SINGLE_NAME: 1, HOST: 2 } as const;
type Rank = (typeof Rank)[keyof typeof Rank];

/** The result of reading a token from one side, or the reason why that fails. */
interface Side {
  readonly rank: Rank;
  readonly value?: TokenEndpoint;
  /** The fault, if the text almost has this form. */
  readonly problem?: TokenRefused | undefined;
  /** The part for the user and password contains another host and port, so no reading is safe. */
  readonly isAmbiguous?: boolean;
  /** The separator between the place and the credentials; empty if there are none. */
  readonly by?: ':' | '@' | '';
}

const NOTHING: Side = { rank: Rank.NONE };

/** A host and a port, and the text after them. */
const FRONT = /^(\[[^\]]*\]|[^:[\]@]+):(\d+)(?:$|([:@])(.*)$)/s;

/**
 * Reads host, port, user and password in any order: `host:port`, `host:port:user:password`, `user:password:host:port`,
 * `host:port@user:password`, `user:password@host:port`. The side that is a host with a port is the proxy. If both are,
 * either could be the user and password, and the text is refused.
 */
export function readOrders(text: string, options: OrderOptions): TokenReading {
  const reading = readBoth(text, options);
  if (reading.ok) return reading;
  const shorter = withoutEnd(text);
  if (shorter === text) return reading;
  // Text after a port can be dropped; text after a password may belong to it.
  const again = readBoth(shorter, options, true);
  return again.ok ? again : reading;
}

/** Removes trailing symbols or a `#tag`. */
function withoutEnd(text: string): string {
  const hash = text.lastIndexOf('#');
  return withoutTrailingSymbols(hash < 0 ? text : text.slice(0, hash));
}

function readBoth(text: string, options: OrderOptions, mustEndWithPort = false): TokenReading {
  const front = readFront(text, options, mustEndWithPort);
  // Only a host and a port.
  if (front.by === '' && front.rank > Rank.NONE) return accept(front.value!, front.rank, options);
  if (front.isAmbiguous === true) return near(AMBIGUOUS);
  const back = readBack(text, options);
  if (front.rank === Rank.NONE && back.rank === Rank.NONE) return refuse(text, front, back, options);
  if (front.rank === Rank.NONE) return accept(back.value!, back.rank, options);
  if (back.rank === Rank.NONE) return accept(front.value!, front.rank, options);
  // In a URL, the part after the `@` is always the host.
  const isUrl = options.inUrl && back.by === '@';
  if (front.rank === back.rank)
    return isUrl && front.rank === Rank.SINGLE_NAME ? accept(back.value!, back.rank, options) : near(AMBIGUOUS);
  if (isUrl && front.rank > back.rank) return near(AMBIGUOUS);
  const better = front.rank > back.rank ? front : back;
  return accept(better.value!, better.rank, options);
}

function accept(value: TokenEndpoint, rank: Rank, { inUrl }: OrderOptions): TokenReading {
  return { ok: true, value, hasScheme: inUrl, isCertain: inUrl || rank === Rank.HOST };
}

function readFront(text: string, options: OrderOptions, mustEndWithPort: boolean): Side {
  const match = FRONT.exec(options.inUrl ? text : withoutLeadingSymbols(text));
  if (match === null) return NOTHING;
  const [, host, port, by = '', rest = ''] = match;
  if (mustEndWithPort && by !== '') return NOTHING;
  const place = readHostAndPort(host!, port!, options);
  if (place.value === undefined) return { ...place, by: by as '' };
  if (by === '') return { ...place, by };
  const colon = rest.indexOf(':');
  const { url } = place.value;
  if (colon < 0) {
    // As in `host:port:US`.
    if (by === ':' && isCountryCode(rest))
      return { ...place, value: { ...place.value, labels: countryLabel(rest) }, by };
    const named = by === ':' && !options.inUrl ? withScheme(place, rest) : undefined;
    if (named !== undefined) return { ...named, by: by as ':' };
    return {
      rank: Rank.NONE,
      problem: place.rank === Rank.HOST ? near(ONE_CREDENTIAL) : failed(ONE_CREDENTIAL),
      by: by as ':',
    };
  }
  if (colon === 0) return { rank: Rank.NONE, problem: near(isIpv6(rest) ? NO_BRACKETS : NO_USER), by: by as ':' };
  if (isIpv6(rest)) return { rank: Rank.NONE, problem: near(NO_BRACKETS), by: by as ':' };
  if (containsHostWithPort(rest))
    return { rank: Rank.NONE, problem: near(AMBIGUOUS), isAmbiguous: place.rank === Rank.HOST, by: by as ':' };
  const password = rest.slice(colon + 1);
  if (by === ':' && password.includes(':') && schemeOfWord(rest.slice(0, colon)) !== undefined)
    return { rank: Rank.NONE, problem: near(SCHEME_AFTER_PORT), by };
  if (!options.inUrl && mayBeDamagedUrl(rest)) return { rank: Rank.NONE, problem: near(SCHEME_AS_USER), by: by as ':' };
  return {
    rank: place.rank,
    value: { url, username: rest.slice(0, colon), password: password || null },
    by: by as ':',
  };
}

/** As in `host:port:socks5`, or `socks5:host:port`. */
function withScheme(place: Side, word: string): Side | undefined {
  const scheme = place.rank === Rank.HOST ? schemeOfWord(word) : undefined;
  if (scheme === undefined) return undefined;
  const { url } = place.value!;
  return { rank: place.rank, value: { ...place.value!, url: `${scheme}${url.slice(url.indexOf('://'))}` } };
}

function readBack(text: string, options: OrderOptions): Side {
  const portColon = text.lastIndexOf(':');
  if (portColon < 1) return NOTHING;
  const port = text.slice(portColon + 1);
  if (port.length > 8 || !/^\d+$/.test(port)) return NOTHING;
  const start = startOfHost(text, portColon);
  if (start < 2) return NOTHING;
  const by = text[start - 1] as ':' | '@';
  const before = text.slice(0, start - 1);
  if (by === '@') {
    const place = readHostAndPort(text.slice(start, portColon), port, options, before);
    // A host and port at the beginning would be read from the front instead; in the middle they fit neither reading.
    if (place.value !== undefined && containsHostWithPort(before.slice(before.indexOf(':') + 1)))
      return { rank: Rank.NONE, problem: near(AMBIGUOUS), by };
    if (place.value !== undefined && !options.inUrl && mayBeDamagedUrl(before))
      return { rank: Rank.NONE, problem: near(SCHEME_AS_USER), by };
    return { ...place, by };
  }
  const colon = before.indexOf(':');
  const place = readHostAndPort(text.slice(start, portColon), port, { ...options, inUrl: false });
  if (place.value === undefined) return { ...place, by };
  if (endsWithIpv6(text)) return { rank: Rank.NONE, problem: near(NO_BRACKETS), by };
  const named = colon < 0 && !options.inUrl ? withScheme(place, before) : undefined;
  if (named !== undefined) return { ...named, by };
  if (colon < 0)
    return { rank: Rank.NONE, problem: place.rank === Rank.HOST ? near(ONE_CREDENTIAL) : failed(ONE_CREDENTIAL), by };
  if (colon === 0 || colon === before.length - 1) return { rank: Rank.NONE, problem: near(NO_USER), by };
  // The additional `@` may belong to the password or to the host.
  if (before.includes('@')) return { rank: Rank.NONE, problem: near(MORE_AFTER_AT), by };
  if (before.includes(':', colon + 1)) return { rank: Rank.NONE, problem: near(MANY_COLONS), by };
  const username = before.slice(0, colon);
  // The remains of a damaged URL or IPv6 address.
  if (schemeOfWord(withoutLeadingSymbols(username)) !== undefined || (!options.inUrl && mayBeDamagedUrl(before)))
    return { rank: Rank.NONE, problem: near(SCHEME_AS_USER), by };
  if (/^\W*\[[\da-f]*$/i.test(username)) return { rank: Rank.NONE, problem: near(NO_BRACKETS), by };
  const value = { url: place.value.url, username, password: before.slice(colon + 1) };
  return { rank: place.rank, value, by };
}

/** The position of the host before the colon of its port; 0 if there is nothing before it. */
function startOfHost(text: string, portColon: number): number {
  if (text[portColon - 1] === ']') {
    const bracket = text.lastIndexOf('[', portColon);
    const before = text[bracket - 1];
    return before === ':' || before === '@' ? bracket : 0;
  }
  return Math.max(text.lastIndexOf(':', portColon - 1), text.lastIndexOf('@', portColon - 1)) + 1;
}

/** Parses a host and its port; `userInfo` is the part before the `@`, to be percent-decoded. */
function readHostAndPort(host: string, port: string, options: OrderOptions, userInfo?: string): Side {
  const user = userInfo === undefined ? '' : `${userInfo}@`;
  const parsed = parseProxyUrl(`${options.scheme}://${user}${host}:${port}`);
  if (!parsed.ok) return { rank: Rank.NONE, problem: placeProblem(host, parsed.part, parsed.reason) };
  const rank = rankOf(parsed.value);
  if (rank === Rank.SINGLE_NAME && !options.bareNames && !options.inUrl)
    return { rank: Rank.NONE, problem: isHeading(host) ? skipped(FORMS) : failed(SINGLE_NAME) };
  return { rank, value: parsed.value };
}

function rankOf({ host }: ParsedProxyUrl): Rank {
  return host.includes('.') || host.startsWith('[') || host === 'localhost' ? Rank.HOST : Rank.SINGLE_NAME;
}

function placeProblem(host: string, part: 'scheme' | 'host' | 'port', reason: string): TokenRefused | undefined {
  if (part === 'port') return host.includes('.') || host.startsWith('[') ? near(WRONG_PORT) : skipped(WRONG_PORT);
  // Digits instead of a host are a time, or a port followed by another.
  if (/^\d+$/.test(host) || /\s/.test(host)) return undefined;
  return host.includes('.') ? near(reason) : failed(reason);
}

function refuse(text: string, front: Side, back: Side, { inUrl }: OrderOptions): TokenReading {
  if (text.includes(':') && endsWithIpv6(text)) return near(NO_BRACKETS);
  for (const { problem } of back.by === '@' ? [back, front] : [front, back]) if (problem !== undefined) return problem;
  if (text.includes('\uff1a') && /\d\uff1a\d/.test(text)) return failed(WIDE_COLON);
  const afterAt = text.slice(text.lastIndexOf('@') + 1);
  if (/^(?:[\w.-]*\.[\w-]+|localhost|\[[^\]]+\]):\d+\D/.test(afterAt)) return near(HAS_PATH);
  if (inUrl || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (/^\[.*\]$/.test(text) && isIpv6(text.slice(1, -1))))
    return failed(NO_PORT);
  return containsHostWithPort(text) ? near(FORMS) : skipped(FORMS);
}
