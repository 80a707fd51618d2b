import type { ProxyScheme } from '@pw/cache-models';
import { betterScheme, isScheme, type NamedScheme, namedScheme } from '../words/scheme-words.ts';
import type { MemberNames } from './members/member-names.ts';
import { type Member, membersOf, type Row, type RowMembers } from './members/row-members.ts';

/** The scheme of a row, if it names one, and a port if the scheme has one of its own; or why it is no proxy for us. */
export type RowScheme =
  | { readonly scheme?: ProxyScheme; readonly port?: Member; readonly note?: string }
  | { readonly problem: string; readonly isDirect: boolean };

const NO_SCHEME: RowScheme = {};
const KNOWN = 'http, https, socks4, socks4a, socks5, socks5h';
const NUMBER = 'is a number that does not name a scheme; the default scheme was used';

/** FoxyProxy numbers the types of its proxies; 5 to 7 are none. */
const OF_FOXYPROXY: readonly NamedScheme[] = [
  'nothing',
  'http',
  'https',
  'socks5',
  'socks4',
  'direct',
  'direct',
  'direct',
];

/** How many items of a list of protocols are looked at: no list has more. */
const MAX_ITEMS = 32;

/** What the members that name a scheme say, or else those that are called like one. */
export function schemeOf(members: RowMembers, row: Row, names: MemberNames): RowScheme {
  const { schemes, flags } = members;
  const found = schemes === undefined ? NO_SCHEME : namedIn(schemes, row, names);
  if ('problem' in found || found.scheme !== undefined || flags === undefined) return found;
  const scheme = flaggedIn(flags);
  return scheme === undefined ? found : { scheme };
}

const YES = /^(?:yes|y|true|1|\+)$/i;

/** An HTTPS flag says that HTTPS goes through an HTTP proxy. */
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
    if (typeof value === 'number' && isOfFoxyProxy(row)) {
      const named = OF_FOXYPROXY[value] ?? 'unknown';
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

/** `undefined` where the next member may say more. */
function toScheme(named: NamedScheme, { role }: Member): RowScheme | undefined {
  if (named === 'nothing') return undefined;
  if (named === 'direct') return { problem: `${role.name} says that this is not a proxy`, isDirect: true };
  if (isScheme(named)) return { scheme: named };
  // `type` says in some lists of what kind a proxy is.
  if (named === 'unknown' && (role.label !== undefined || /type/.test(role.name))) return undefined;
  return { problem: `${role.name} must be one of ${KNOWN}`, isDirect: false };
}

/** The best scheme of a list of texts, or of objects with one and perhaps a port. */
function bestOf(items: readonly unknown[], names: MemberNames): RowScheme | undefined {
  let best: { readonly scheme: ProxyScheme; readonly port?: Member } | undefined;
  for (const item of items.slice(0, MAX_ITEMS)) {
    const found = typeof item === 'string' ? { scheme: namedScheme(item) } : ofObject(item, names);
    if (found === undefined || !isScheme(found.scheme)) continue;
    const { scheme } = found;
    if (best === undefined || betterScheme(best.scheme, scheme) !== best.scheme) best = { ...found, scheme };
  }
  return best;
}

function ofObject(item: unknown, names: MemberNames): { scheme: NamedScheme; port?: Member } | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const members = membersOf(item as Row, names);
  const value = members.schemes?.[0]?.value ?? (item as Row)['name'];
  if (typeof value !== 'string') return undefined;
  const { port } = members;
  return { scheme: namedScheme(value), ...(port === undefined ? {} : { port }) };
}

function isOfFoxyProxy(row: Row): boolean {
  return 'active' in row && 'title' in row;
}
