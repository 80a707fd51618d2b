import type { ProxyScheme } from '@pw/cache-models';
import { parsePlainLine } from '../list/plain-line.ts';
import type { MemberNames } from '../rows/members/member-names.ts';
import { membersOf, type Row } from '../rows/members/row-members.ts';
import type { RowHint } from '../rows/row-hint.ts';
import { isScheme, namedScheme } from '../words/scheme-words.ts';

/**
 * Names of members that contain rows. If an object has rows in a member of such a name, those in its other members are
 * not read.
 */
const WRAPPERS: ReadonlySet<string> = new Set([
  ...['proxies', 'proxylist', 'proxysettings', 'data', 'results', 'result', 'items', 'list', 'rows', 'records'],
  ...['servers', 'response', 'payload', 'docs', 'entries', 'endpoints', 'content'],
]);

export function isWrapper(name: string): boolean {
  return (
    name.length <= 32 && (WRAPPERS.has(name.toLowerCase().replace(/[\s_-]/g, '')) || schemeNamed(name) !== undefined)
  );
}

/**
 * The hint for the rows in a member: the scheme in its name or in the name of an outer member, and the name itself if
 * it is an address.
 */
export function hintOf(name: string, outer: RowHint | undefined): RowHint | undefined {
  if (name.length > MAX_NAME) return outer;
  const scheme = schemeNamed(name) ?? outer?.scheme;
  if (isEndpoint(name)) return scheme === undefined ? { address: name } : { scheme, address: name };
  return scheme === undefined ? undefined : { scheme };
}

/** Longer names are not inspected. */
export const MAX_NAME = 512;
const OPTIONS = { defaultScheme: 'http', bareNames: false } as const;

function isEndpoint(name: string): boolean {
  return name.includes(':') && parsePlainLine(name, OPTIONS).ok;
}

/** The scheme of a name such as `http` or `socks5 proxies`. */
function schemeNamed(name: string): ProxyScheme | undefined {
  if (name.length > 32 || !/http|socks/i.test(name)) return undefined;
  const named = namedScheme(name.replaceAll('_', ' '));
  return isScheme(named) ? named : undefined;
}

/** True for a string that names a scheme other than the default one. */
export function isOtherScheme(value: unknown): boolean {
  const named = typeof value === 'string' ? namedScheme(value) : 'nothing';
  return isScheme(named) && named !== 'http';
}

/**
 * True for an object that is a row: the object or the name of its member contains a proxy, and none of its own members
 * contains rows.
 */
export function isRow(value: unknown, hint: RowHint | undefined, names: MemberNames): boolean {
  const row = value as Row;
  if (Object.keys(row).some((name) => isWrapper(name) && holdsRows(row[name]))) return false;
  if (hint?.address !== undefined) return true;
  const { url, host, link, port, flags = [] } = membersOf(row, names);
  // A `url` without a port may be the web page of the list, not a proxy.
  const naming = [url, host, port === undefined ? undefined : link];
  if (naming.some((member) => typeof member?.value === 'string')) return true;
  // One proxy for HTTP and a different one for HTTPS are two rows.
  if (new Set(flags.map(({ value }) => value).filter(isLink)).size > 1) return false;
  return [link, ...flags].some((member) => isLink(member?.value));
}

/** True for a proxy in a member that is named after a scheme. */
export function isNamedLink(name: string, value: unknown): boolean {
  return schemeNamed(name) !== undefined && isLink(value);
}

/** True for a row, or a string that is a proxy. */
export function isProxy(value: unknown, hint: RowHint | undefined, names: MemberNames): boolean {
  if (typeof value === 'string') return isLink(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isRow(value, hint, names);
}

function holdsRows(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isLink(value: unknown): boolean {
  return typeof value === 'string' && parsePlainLine(value.trim(), OPTIONS).ok;
}
