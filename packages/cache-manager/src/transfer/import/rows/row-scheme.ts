import type { ProxyScheme } from '@pw/cache-models';
import { betterScheme, isScheme, type NamedScheme, namedScheme } from '../words/scheme-words.ts';
import type { MemberNames } from './members/member-names.ts';
import { type Member, membersOf, type Row, type RowMembers } from './members/row-members.ts';

/**
 * The scheme of a row, if it names one, with its own port, if it has one; or the reason why the row is not a usable
 * proxy.
 */
export type RowScheme =
  | { readonly scheme?: ProxyScheme; readonly port?: Member; readonly note?: string }
  | { readonly problem: string; readonly isDirect: boolean };

const NO_SCHEME: RowScheme = {};
const KNOWN = 'http, https, socks4, socks4a, socks5, socks5h';
const NUMBER = 'is a number that does not name a scheme; the default scheme was used';

/** FoxyProxy's numeric types; 5 to 7 are not proxies. */
const FOXYPROXY_TYPES: readonly NamedScheme[] = [
  'nothing',
  'http',
  'https',
  'socks5',
  'socks4',
  'direct',
  'direct',
  'direct',
];

/** The number of items of a list of protocols that are inspected. */
const MAX_ITEMS = 32;

/** The scheme from the members that name one, or else from flags named after a scheme. */
export function schemeOf(members: RowMembers, row: Row, names: MemberNames): RowScheme {
  const { schemes, flags } = members;
  const found = schemes === undefined ? NO_SCHEME : namedIn(schemes, row, names);
  if ('problem' in found || found.scheme !== undefined || flags === undefined) return found;
  const scheme = flaggedIn(flags);
  return scheme === undefined ? found : { scheme };
}

const YES = /^(?:yes|y|true|1|\+)$/i;

/** An HTTPS flag means an HTTP proxy that also carries HTTPS. */
function flaggedIn(flags: readonly Member[]): ProxyScheme | undefined {
  let best: ProxyScheme | undefined;
  for (const { role, value } of flags) {
    const isSet = value === true || value === 1 || (typeof value === 'string' && YES.test(value.trim()));
    if (isSet) best = betterScheme(best, role.name.startsWith('socks') ? (role.name as ProxyScheme) : 'http');
  }
  return best;
}

function namedIn(schemes: readonly Member[], row: Row, names: MemberNames): RowScheme {
  let note: string | undefined;
  for (const member of schemes) {
    const { role, value } = member;
    if (typeof value === 'number' && isFoxyProxyRow(row)) {
      const named = FOXYPROXY_TYPES[value] ?? 'unknown';
      const found = toScheme(named, member);
      if (found !== undefined) return found;
      continue;
    }
    if (Array.isArray(value) || typeof value === 'object') {
      const found = bestOf(Array.isArray(value) ? value : [value], names);
      if (found !== undefined) return found;
      if (!Array.isArray(value) || value.length > 0)
        note ??= `${role.name} names none of ${KNOWN}; the default scheme was used`;
      continue;
    }
    if (typeof value !== 'string') {
      note ??= `${role.name} ${NUMBER}`;
      continue;
    }
    const found = toScheme(namedScheme(value), member);
    if (found !== undefined) return found;
  }
  return note === undefined ? NO_SCHEME : { note };
}

/** `undefined` if the next member should be tried. */
function toScheme(named: NamedScheme, { role }: Member): RowScheme | undefined {
  if (named === 'nothing') return undefined;
  if (named === 'direct') return { problem: `${role.name} means that this is not a proxy`, isDirect: true };
  if (isScheme(named)) return { scheme: named };
  // In some lists `type` is the kind of proxy.
  if (named === 'unknown' && (role.label !== undefined || /type/.test(role.name))) return undefined;
  return { problem: `${role.name} must be one of ${KNOWN}`, isDirect: false };
}

/** The preferred scheme of a list of strings, or of objects with a scheme and perhaps a port. */
function bestOf(items: readonly unknown[], names: MemberNames): RowScheme | undefined {
  let best: { readonly scheme: ProxyScheme; readonly port?: Member } | undefined;
  for (const item of items.slice(0, MAX_ITEMS)) {
    const found = typeof item === 'string' ? { scheme: namedScheme(item) } : fromObject(item, names);
    if (found === undefined || !isScheme(found.scheme)) continue;
    const { scheme } = found;
    if (best === undefined || betterScheme(best.scheme, scheme) !== best.scheme) best = { ...found, scheme };
  }
  return best;
}

function fromObject(item: unknown, names: MemberNames): { scheme: NamedScheme; port?: Member } | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const members = membersOf(item as Row, names);
  const value = members.schemes?.[0]?.value ?? (item as Row)['name'];
  if (typeof value !== 'string') return undefined;
  const { port } = members;
  return { scheme: namedScheme(value), ...(port === undefined ? {} : { port }) };
}

function isFoxyProxyRow(row: Row): boolean {
  return 'active' in row && 'title' in row;
}
