import { maskProxyUrl, type ParsedProxyUrl, type ProxyScheme, parseProxyHost, parseProxyUrl } from '@pw/cache-models';
import type { RowFate } from '../import-tally.ts';
import { withBrackets } from '../list/token/bare-ipv6.ts';
import { parsePlainLine } from '../list/plain-line.ts';
import type { Member, RowMembers } from './members/row-members.ts';
import { scalarOf, textOf } from './members/scalar-text.ts';
import { isPort } from './unnamed/cell-kinds.ts';

/** The endpoint of a row: a URL that parses, or a text that only ProxyWhirl would hold. */
export type RowAddress =
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly username: string | null;
      readonly password: string | null;
      /** The scheme that the text itself names. */
      readonly ownScheme?: ProxyScheme | undefined;
      /** The member that names it. */
      readonly member?: Member | undefined;
    }
  | { readonly kind: 'odd'; readonly text: string; readonly reason: string }
  | { readonly kind: 'none'; readonly fate: RowFate; readonly reason: string };

/** What an address is read with. */
export interface AddressContext {
  /** Where the address names none. */
  readonly scheme: ProxyScheme;
  /** The name of the member that holds the row, where that is an address. */
  readonly address?: string | undefined;
}

/**
 * Finds the endpoint in a URL or another text that names a whole proxy, or else in a host and a port. The first that is one is taken, and of several that
 * are none the first tells why.
 *
 * ProxyWhirl takes any non-empty text as a URL, so a file of its own may hold a text that is not one; it is kept as it is. Only a
 * text that may contain credentials is refused then, for the field is stored in clear, and one that has all the parts of a proxy
 * but an invalid host.
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

/** `{ "http": "http://host:port", "https": … }`, as some programs want their proxies. */
function readFlags({ flags = [] }: RowMembers, context: AddressContext): RowAddress | undefined {
  for (const member of flags) {
    if (typeof member.value !== 'string' || !member.value.includes(':')) continue;
    const address = readWhole(member, undefined, context);
    if (address.kind === 'url') return { ...address, member };
    if (address.fate === 'failed') return address;
  }
  return undefined;
}

/** What to say of `{ "http": …, "https": … }` with two proxies: a row is one entry. Their schemes are usually those of the sites, and tell nothing. */
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
    reason: 'has a port but no host: name it ip, host, server or address',
  };
}

function isAlone({ host, port, link }: RowMembers): boolean {
  return host === undefined && port === undefined && link === undefined;
}

/** The member `proxy_url`, as ProxyWhirl has it. */
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

/** A text that names a whole proxy; a mere host counts with the port beside it. */
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

/** A field says that it holds a proxy: a single name is a host there. */
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

/** Each field is read by itself: put together first, one could reach into another's place. */
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
    // The port once more.
    if (whole?.ok === true && !text.includes('@') && String(whole.value.port) === digits)
      return plainly(whole.value.url);
    return failedAddress(text.includes('://') ? `${name} ${NO_HOST_ALONE}` : `${name} ${host.reason}`);
  }
  if (!isPort(digits)) return failedAddress(`${port.role.name} ${WRONG_PORT}`);
  const parsed = parseProxyUrl(`${context.scheme}://${host.host}:${Number(digits)}`);
  return parsed.ok ? plainly(parsed.value.url) : failedAddress(`${port.role.name} ${WRONG_PORT}`);
}

/** An object or a list may well hold a proxy. */
function notAString({ role, value }: Member): RowAddress & { kind: 'none' } {
  if (typeof value === 'object') return failedAddress(`${role.name} is not a string: move its members into the row itself`);
  return { kind: 'none', fate: 'skipped', reason: `${role.name} is not a string` };
}

function plainly(url: string): RowAddress & { kind: 'url' } {
  return { kind: 'url', url, username: null, password: null };
}

function failedAddress(reason: string): RowAddress & { kind: 'none' } {
  return { kind: 'none', fate: 'failed', reason };
}

/**
 * True unless nothing in a text can be a username or a password: an `@`, the colons of `host:port:user:password`, and whatever else
 * separates fields may stand before one, and a port that is no number is one.
 */
export function mayContainCredentials(text: string): boolean {
  const place = text.replace(/^[a-z0-9]+:\/\//i, '');
  if (maskProxyUrl(text) !== text || /[@|;,]/.test(place) || place.split(':').length > 2) return true;
  // Words are a note; with a colon among them they may be fields.
  return /:(?!\d{1,5}\/?$)/.test(place) || (/\s/.test(place.trim()) && place.includes(':'));
}
