import type { MemberNames, MemberRole } from './member-names.ts';
import { scalarOf } from './scalar-text.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A member of a row with a known role. */
export interface Member {
  readonly role: MemberRole;
  readonly value: unknown;
  /** The name as in the file. */
  readonly given: string;
}

/** The members of a row by role. Empty members are absent. */
export interface RowMembers {
  url?: Member;
  host?: Member;
  port?: Member;
  link?: Member;
  /** All members that may name a scheme, in order of precedence. */
  schemes?: Member[];
  /** Members named after a scheme. */
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
  /** Members that are labels, and objects about the location. */
  labelling?: Member[];
  /** Unknown members that look like a credential or a scheme. */
  unread?: Member[];
}

/** Sorts the members of a row by role. Of several with the same rank, the first counts. */
export function membersOf(row: Row, names: MemberNames): RowMembers {
  const members: RowMembers = {};
  for (const given in row) {
    const role = names.roleOf(given);
    if (role === undefined) continue;
    const value = row[given];
    // As in ProxyWhirl, an empty source is a valid source.
    if (value === undefined || value === null || (value === '' && role.field !== 'source')) continue;
    const member = { role, value, given };
    if (role.field !== undefined) add(members, member);
    if (role.label !== undefined || role.isPlace) {
      if (members.labelling === undefined) members.labelling = [member];
      else members.labelling.push(member);
    }
    if (role.isUnread && mayBeSignificant(value)) {
      if (members.unread === undefined) members.unread = [member];
      else if (members.unread.length < MAX_PER_ROLE) members.unread.push(member);
    }
  }
  return members;
}

function add(members: RowMembers, member: Member): void {
  const { field, rank } = member.role;
  if (field === undefined) return;
  if (field === 'scheme') {
    if (members.schemes !== undefined && members.schemes.length >= MAX_PER_ROLE) return;
    const at = members.schemes?.findIndex(({ role }) => role.rank > rank) ?? 0;
    if (members.schemes === undefined) members.schemes = [member];
    else members.schemes.splice(at < 0 ? members.schemes.length : at, 0, member);
    return;
  }
  if (field === 'flag') {
    if (members.flags === undefined) members.flags = [member];
    else if (members.flags.length < MAX_PER_ROLE) members.flags.push(member);
    return;
  }
  const before = members[field];
  if (before !== undefined && before.role.rank <= rank) return;
  if (ADDRESS_FIELDS.has(field) && typeof member.value === 'string' && isBlank(member.value)) return;
  members[field] = member;
}

/** Members kept per role: a hostile row may spell one name in thousands of ways. */
const MAX_PER_ROLE = 32;

/** Fields in which `None` and white space mean an absent value. */
const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['url', 'host', 'port', 'link']);

/** True for a value that may be a credential or a scheme, unlike a flag. */
function mayBeSignificant(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'object' || (typeof value === 'string' && !FLAG.test(value));
}

const FLAG = /^\s*(?:|-|none|null|nan|n\/a|yes|no|true|false|0|1)\s*$/i;

function isBlank(text: string): boolean {
  return scalarOf(text) === '' && text.trim() !== '-';
}
