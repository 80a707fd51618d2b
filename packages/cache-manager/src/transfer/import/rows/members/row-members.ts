import type { MemberNames, MemberRole } from './member-names.ts';
import { scalarOf } from './scalar-text.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A member of a row that is read for something. */
export interface Member {
  readonly role: MemberRole;
  readonly value: unknown;
  /** The name as the file has it. */
  readonly given: string;
}

/** The members of a row by what they say. What is empty is not there. */
export interface RowMembers {
  url?: Member;
  host?: Member;
  port?: Member;
  link?: Member;
  /** All that may name a scheme, those that count most first. */
  schemes?: Member[];
  /** Those that say of a scheme that the proxy has it. */
  flags?: Member[];
  username?: Member;
  password?: Member;
  credentials?: Member;
  key?: Member;
  source?: Member;
  labels?: Member;
  status?: Member;
  last_checked?: Member;
  total_checks?: Member;
  /** Those that tell a label, places included. */
  labelling?: Member[];
  /** Those that are not read and look as if they should be. */
  unread?: Member[];
}

/** Sorts the members of a row. The first of several that count the same is taken. */
export function membersOf(row: Row, names: MemberNames): RowMembers {
  const members: RowMembers = {};
  for (const given in row) {
    const role = names.roleOf(given);
    if (role === undefined) continue;
    const value = row[given];
    // An empty source is one, as in ProxyWhirl.
    if (value === undefined || value === null || (value === '' && role.field !== 'source')) continue;
    const member = { role, value, given };
    if (role.field !== undefined) add(members, member);
    if (role.label !== undefined || role.isPlace) {
      if (members.labelling === undefined) members.labelling = [member];
      else members.labelling.push(member);
    }
    if (role.isUnread && isText(value)) {
      if (members.unread === undefined) members.unread = [member];
      else if (members.unread.length < MOST_OF_A_KIND) members.unread.push(member);
    }
  }
  return members;
}

function add(members: RowMembers, member: Member): void {
  const { field, rank } = member.role;
  if (field === undefined) return;
  if (field === 'scheme') {
    if (members.schemes !== undefined && members.schemes.length >= MOST_OF_A_KIND) return;
    const at = members.schemes?.findIndex(({ role }) => role.rank > rank) ?? 0;
    if (members.schemes === undefined) members.schemes = [member];
    else members.schemes.splice(at < 0 ? members.schemes.length : at, 0, member);
    return;
  }
  if (field === 'flag') {
    if (members.flags === undefined) members.flags = [member];
    else if (members.flags.length < MOST_OF_A_KIND) members.flags.push(member);
    return;
  }
  const before = members[field];
  if (before !== undefined && before.role.rank <= rank) return;
  if (PLACES.has(field) && typeof member.value === 'string' && isBlank(member.value)) return;
  members[field] = member;
}

/** A name may be spelled in thousands of ways, and each is a member: no row has more than a few. */
const MOST_OF_A_KIND = 32;

/** Fields in which `None` and blanks are nothing. */
const PLACES: ReadonlySet<string> = new Set(['url', 'host', 'port', 'link']);

/** True for what may be a credential or a scheme: not for a flag. */
function isText(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'object' || (typeof value === 'string' && !FLAG.test(value));
}

const FLAG = /^\s*(?:|-|none|null|nan|n\/a|yes|no|true|false|0|1)\s*$/i;

function isBlank(text: string): boolean {
  return scalarOf(text) === '' && text.trim() !== '-';
}
