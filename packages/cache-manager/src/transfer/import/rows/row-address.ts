import { maskProxyUrl, type ParsedProxyUrl, type ProxyScheme, parseProxyUrl } from '@pw/cache-models';
import { parseProxyHost } from '@pw/cache-models/tier';
import type { RowFate } from '../import-tally.ts';
import { parsePlainLine } from '../list/plain-line.ts';
import { withBrackets } from '../list/token/bare-ipv6.ts';
import type { Member, RowMembers } from './members/row-members.ts';
import { scalarOf, textOf } from './members/scalar-text.ts';
import { isPort } from './unnamed/cell-kinds.ts';

/** The endpoint of a row: a valid URL, an `odd` string that only ProxyWhirl would accept, or none. */
export type RowAddress =
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly username: string | null;
      readonly password: string | null;
      /** The scheme in the address itself. */
      readonly ownScheme?: ProxyScheme | undefined;
      /** The member that contains the address. */
      readonly member?: Member | undefined;
    }
  | { readonly kind: 'odd'; readonly text: string; readonly reason: string }
  | { readonly kind: 'none'; readonly fate: RowFate; readonly reason: string };

/** Context for reading an address. */
export interface AddressContext {
  /** The scheme if the address has none. */
  readonly scheme: ProxyScheme;
  /** The name of the member that contains the row, if the name is an address. */
  readonly address?: string | undefined;
}

/**
 * Finds the endpoint in a URL or another member for a whole proxy, or else in a host and a port. The first valid one is
 * used. If there is none, the first failure is reported.
 *
 * ProxyWhirl accepts any non-empty string as a URL, so its files may contain invalid ones, which are stored unchanged.
 * Only two kinds of string are refused: those that may contain credentials, because the URL is stored in plain text,
 * and those that would be a proxy if their host were valid.
 */
export function readAddress(members: RowMembers, context: AddressContext): RowAddress {
  const { url, host, port, link } = members;
  if (url?.role.rank === 0 && isAlone(members)) return readProxyUrl(url, context);
  const first = url === undefined ? undefined : readWhole(url, port, context);
  if (first?.kind === 'url') return first;
  const parts = host === undefined ? undefined : readParts(host, port, context);
  if (parts?.kind === 'url') return parts;
  const last = link === undefined ? undefined : readWhole(link, port, context);
  if (last?.kind === 'url') return last;
  const flagged = readFlags(members, context);
  if (flagged !== undefined) return flagged;
  const named =
    context.address === undefined ? undefined : parseEndpoint('the name of the member', context.address, context);
  if (named?.kind === 'url') return named;
  return (
    [parts, first, last, named].find((one) => one?.kind === 'none' && one.fate === 'failed') ??
    parts ??
    first ??
    last ??
    named ??
    nothingIn(port)
  );
}

/** `{ "http": "http://host:port", "https": … }`, the form that some HTTP clients use. */
function readFlags({ flags = [] }: RowMembers, context: AddressContext): RowAddress | undefined {
  for (const member of flags) {
    if (typeof member.value !== 'string' || !member.value.includes(':')) continue;
    const address = readWhole(member, undefined, context);
    if (address.kind === 'url') return { ...address, member };
    if (address.fate === 'failed') return address;
  }
  return undefined;
}

/**
 * The problem of a row such as `{ "http": …, "https": … }` that names two different proxies: a row is one entry.
 * Differences in the scheme are ignored, because the names usually refer to the schemes of the sites.
 */
export function otherProxyOf(
  { flags = [] }: RowMembers,
  address: RowAddress,
  context: AddressContext,
): string | undefined {
  const taken = address.kind === 'url' ? address.member : undefined;
  if (address.kind !== 'url' || taken?.role.field !== 'flag') return undefined;
  const placeOf = (url: string) => url.slice(url.indexOf('://'));
  for (const member of flags) {
    if (member === taken || typeof member.value !== 'string' || !member.value.includes(':')) continue;
    const other = readWhole(member, undefined, context);
    if (other.kind !== 'url') continue;
    const isSame = placeOf(other.url) === placeOf(address.url) && other.username === address.username;
    if (!isSame || other.password !== address.password)
      return `${member.role.name} names a different proxy than ${taken.role.name} and was not read: write it as a separate row`;
  }
  return undefined;
}

const NO_PROXY = 'names no proxy: it has no value for proxy_url, proxy, ip, host, server, address or url';
const NOTHING: RowAddress = { kind: 'none', fate: 'skipped', reason: NO_PROXY };

function nothingIn(port: Member | undefined): RowAddress {
  if (port === undefined) return NOTHING;
  return {
    kind: 'none',
    fate: 'skipped',
    reason: 'has a port but no host: put the host in ip, host, server or address',
  };
}

function isAlone({ host, port, link }: RowMembers): boolean {
  return host === undefined && port === undefined && link === undefined;
}

/** The member `proxy_url`, with ProxyWhirl's meaning. */
function readProxyUrl(member: Member, context: AddressContext): RowAddress {
  const { role, value } = member;
  if (typeof value !== 'string') return { kind: 'none', fate: 'skipped', reason: `${role.name} is not a string` };
  const parsed = parseProxyUrl(value);
  if (parsed.ok) return fromUrl(parsed.value, member);
  const address = parseEndpoint(role.name, value, context);
  if (address.kind === 'url') return { ...address, member };
  if (address.fate === 'failed' || mayContainCredentials(value)) return address;
  return { kind: 'odd', text: value, reason: `${address.reason}; it was stored unchanged` };
}

/** A member for a whole proxy; if it is only a host, the port member completes it. */
function readWhole(
  member: Member,
  port: Member | undefined,
  context: AddressContext,
): RowAddress & { kind: 'url' | 'none' } {
  const { role, value } = member;
  if (typeof value !== 'string') return notAString(member);
  const text = scalarOf(value);
  const address = parseEndpoint(role.name, text, context);
  if (address.kind === 'url') return { ...address, member };
  if (port === undefined || !parseProxyHost(withBrackets(text)).ok) return address;
  return readParts(member, port, context);
}

/** Parses the value of a field for proxies, so a host needs no dot. */
function parseEndpoint(name: string, value: string, { scheme }: AddressContext): RowAddress & { kind: 'url' | 'none' } {
  const text = value.trim();
  const hasScheme = text.includes('://');
  if (hasScheme) {
    const parsed = parseProxyUrl(text);
    if (parsed.ok) return fromUrl(parsed.value);
  }
  const plain = parsePlainLine(text, { defaultScheme: scheme, bareNames: true });
  if (!plain.ok) return { kind: 'none', fate: plain.fate, reason: `${name} ${plain.reason}` };
  const { url, username, password } = plain.value;
  return { kind: 'url', url, username, password, ownScheme: hasScheme ? schemeOfUrl(url) : undefined };
}

function fromUrl({ url, username, password, scheme }: ParsedProxyUrl, member?: Member): RowAddress & { kind: 'url' } {
  return { kind: 'url', url, username, password, ownScheme: scheme, member };
}

function schemeOfUrl(url: string): ProxyScheme {
  return url.slice(0, url.indexOf(':')) as ProxyScheme;
}

const NO_HOST_ALONE = 'must be only a host when the row has a port: put a whole URL in proxy_url';
const WRONG_PORT = 'must be a whole number from 1 to 65535';

/** Parses each field on its own: if they were joined first, a part of one could be taken for the other. */
function readParts(
  given: Member,
  port: Member | undefined,
  context: AddressContext,
): RowAddress & { kind: 'url' | 'none' } {
  const { name } = given.role;
  const text = textOf(given.value);
  if (text === undefined || text === '') return notAString(given);
  const host = parseProxyHost(withBrackets(text));
  if (port === undefined) {
    if (host.ok) return failedAddress(`has ${name} but no port`);
    return text.includes(':') ? parseEndpoint(name, text, context) : failedAddress(`${name} ${host.reason}`);
  }
  const digits = textOf(port.value) ?? '';
  if (!host.ok) {
    const whole = text.includes(':') ? parseProxyUrl(`${context.scheme}://${text}`) : undefined;
    // The host repeats the port.
    if (whole?.ok === true && !text.includes('@') && String(whole.value.port) === digits)
      return withoutCredentials(whole.value.url);
    return failedAddress(text.includes('://') ? `${name} ${NO_HOST_ALONE}` : `${name} ${host.reason}`);
  }
  if (!isPort(digits)) return failedAddress(`${port.role.name} ${WRONG_PORT}`);
  const parsed = parseProxyUrl(`${context.scheme}://${host.host}:${Number(digits)}`);
  return parsed.ok ? withoutCredentials(parsed.value.url) : failedAddress(`${port.role.name} ${WRONG_PORT}`);
}

/** Objects and lists fail rather than being skipped, because they may contain a proxy. */
function notAString({ role, value }: Member): RowAddress & { kind: 'none' } {
  if (typeof value === 'object')
    return failedAddress(`${role.name} is not a string: move its members into the row itself`);
  return { kind: 'none', fate: 'skipped', reason: `${role.name} is not a string` };
}

function withoutCredentials(url: string): RowAddress & { kind: 'url' } {
  return { kind: 'url', url, username: null, password: null };
}

function failedAddress(reason: string): RowAddress & { kind: 'none' } {
  return { kind: 'none', fate: 'failed', reason };
}

/**
 * True if any part of a string may be a username or password: it has an `@`, the colons of `host:port:user:password` or
 * another field separator, or its port is not a number.
 */
export function mayContainCredentials(text: string): boolean {
  const place = text.replace(/^[a-z0-9]+:\/\//i, '');
  if (maskProxyUrl(text) !== text || /[@|;,]/.test(place) || place.split(':').length > 2) return true;
  // Words alone are a note; with a colon they may be fields.
  return /:(?!\d{1,5}\/?$)/.test(place) || (/\s/.test(place.trim()) && place.includes(':'));
}
