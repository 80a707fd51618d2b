import { type ParsedProxyUrl, type ProxyScheme, parseProxyHost, parseProxyUrl, trimInvisible } from '@pw/cache-models';
import type { RowFate } from './import-tally.ts';
import { withoutLeadingSymbols, withoutTrailingSymbols } from './outer-symbols.ts';

/** An endpoint as a plain list names it. */
export interface PlainProxy extends Pick<ParsedProxyUrl, 'url' | 'username' | 'password'> {}

export type PlainLineResult =
  | { readonly ok: true; readonly value: PlainProxy }
  /** `failed` for what has the shape of a proxy and is none, `skipped` for anything else. */
  | { readonly ok: false; readonly fate: RowFate; readonly reason: string };

export interface PlainLineOptions {
  /** Scheme of a line without one. */
  readonly defaultScheme: ProxyScheme;
  /** Takes a name without a dot for a host where there is no scheme to say so. `localhost` always is one. */
  readonly bareNames: boolean;
}

// host:port and host:port:user:password; only digits before the first colon would be a time, or an IPv6 address.
const COLONS = /^(?!\d+:)(\[[^\]]*\]|[^:[\]@]+):(\d+)(?::([^:]+):(.*))?$/s;
const FORMS = 'must be host:port, host:port:user:password, user:password@host:port or a URL with a port';
const NO_BRACKETS = 'must have its IPv6 address in brackets, such as [2001:db8::1]:8080';
const SINGLE_NAME =
  'is a single name, which is taken for a host only in a URL: write the scheme before it, or allow such names (bareNames, --bare-names)';

/**
 * Takes one entry of a plain list apart: a URL, `user:password@host:port`, `host:port:user:password` or `host:port`, an
 * IPv6 address in brackets. Between colons a credential is taken as it stands; before an `@` it may be percent-encoded,
 * as in a URL. A single name (`squid:3128`) has the shape of a heading (`Total:402`), and is a host only if `bareNames` says
 * so. Symbols and invisible characters before a host and behind a port are dropped. A reason quotes nothing: even
 * `name:12345` may be a user with a password.
 */
export function parsePlainLine(given: string, options: PlainLineOptions): PlainLineResult {
  const text = trimInvisible(given);
  if (text.includes('://')) return fromUrl(text);
  if (beginsWithIpv6(text)) return failed(NO_BRACKETS);
  const whole = text.includes('@') ? parseProxyUrl(`${options.defaultScheme}://${text}`) : undefined;
  if (whole?.ok === true && isCredible(whole.value, options)) return whole;
  const match = matchColons(text);
  if (match !== null) return fromParts(match, options);
  if (whole === undefined) return skipped(FORMS);
  if (whole.ok) return failed(SINGLE_NAME);
  return whole.part === 'host' ? failed(whole.reason) : skipped(FORMS);
}

function fromUrl(text: string): PlainLineResult {
  const url = withoutLeadingSymbols(text);
  const whole = parseProxyUrl(url);
  // Only a port is behind the last `@`, so what follows it is no part of a password.
  const parsed = !whole.ok && whole.part === 'port' ? parseProxyUrl(withoutTrailingSymbols(url)) : whole;
  if (parsed.ok) return parsed;
  return parsed.part === 'host' ? failed(parsed.reason) : skipped(parsed.reason);
}

function matchColons(text: string): RegExpExecArray | null {
  const line = withoutLeadingSymbols(text);
  const match = COLONS.exec(line);
  if (match !== null) return match;
  const shorter = COLONS.exec(withoutTrailingSymbols(line));
  // Behind a password they may belong to it.
  return shorter?.[3] === undefined ? shorter : null;
}

function fromParts(match: RegExpExecArray, options: PlainLineOptions): PlainLineResult {
  const [, host, port, username, password] = match;
  const place = parseProxyUrl(`${options.defaultScheme}://${host}:${port}`);
  if (!place.ok) {
    if (place.part !== 'host') return skipped(place.reason);
    return /\s/.test(host!) ? skipped(FORMS) : failed(place.reason);
  }
  const { url } = place.value;
  if (isCredible(place.value, options))
    return { ok: true, value: { url, username: username ?? null, password: password || null } };
  return failed(SINGLE_NAME);
}

/** True if the place is a host without a scheme to say so: an address, a name with a dot, or `localhost`. */
function isCredible({ host }: ParsedProxyUrl, { bareNames }: PlainLineOptions): boolean {
  return bareNames || host === 'localhost' || host.includes('.') || host.startsWith('[');
}

/** True if what stands before a colon, or before the end, is an IPv6 address: its own colons would be taken for the list's. */
function beginsWithIpv6(text: string): boolean {
  const start = /^[\da-f:.]{2,64}/i.exec(text)?.[0] ?? '';
  if (!start.includes('::') && start.split(':').length < 8) return false;
  for (let end = start.length; end > 1; end = start.lastIndexOf(':', end - 1)) {
    if (parseProxyHost(`[${start.slice(0, end)}]`).ok) return true;
  }
  return false;
}

function failed(reason: string): PlainLineResult {
  return { ok: false, fate: 'failed', reason };
}

function skipped(reason: string): PlainLineResult {
  return { ok: false, fate: 'skipped', reason };
}
