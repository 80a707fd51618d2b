import { SECRET_MASK } from '@pw/cache-models';
import type { MemberNames } from './members/member-names.ts';
import { type Member, membersOf, type Row, type RowMembers } from './members/row-members.ts';
import { scalarOf } from './members/scalar-text.ts';
import { unreadNotes } from './members/unread-notes.ts';

/** The credentials of a row; `notes` are the problems with parts that were left out. */
export interface RowCredentials {
  readonly username: string | null;
  readonly password: string | null;
  readonly notes: readonly string[];
}

const NO_NOTES: readonly string[] = [];
const NONE: RowCredentials = { username: null, password: null, notes: NO_NOTES };
const AS_TEXT = 'write it as a string';

/**
 * The credentials in the members of a row. A number becomes its digits, unless it may have lost some. An unreadable
 * value fails the row: without its credentials, it would be a different proxy. The mask that ProxyWhirl's export writes
 * for every credential counts as absent: as a password it would lock the user out.
 */
export function readCredentials(members: RowMembers, names: MemberNames): RowCredentials | Unreadable {
  const { username, password, credentials } = members;
  if (username === undefined && password === undefined) {
    return credentials === undefined ? NONE : fromOneMember(credentials, names);
  }
  // If both are `None`, a program wrote that for absent values; if only one is, it may be a real name or password.
  if (isBlank(username) && isBlank(password)) return NONE;
  const notes: string[] = [];
  const user = read(username, notes);
  const secret = read(password, notes);
  if (typeof user === 'object' && user !== null) return user;
  if (typeof secret === 'object' && secret !== null) return secret;
  return { username: user, password: secret, notes };
}

interface Unreadable {
  readonly problem: string;
}

function isBlank(member: Member | undefined): boolean {
  if (member === undefined) return true;
  return typeof member.value === 'string' && member.value.trim() !== '' && scalarOf(member.value) === '';
}

function read(member: Member | undefined, notes: string[]): string | null | Unreadable {
  if (member === undefined || member.value === false) return null;
  const { role, value } = member;
  if (value === SECRET_MASK) {
    notes.push(`${role.name} is masked in the file and was left out`);
    return null;
  }
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return { problem: `${role.name} is not a string: ${AS_TEXT}` };
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  return { problem: `${role.name} is a number that may have lost digits: ${AS_TEXT}` };
}

/** `user:password` in one string, or an object with both. */
function fromOneMember({ role, value }: Member, names: MemberNames): RowCredentials | Unreadable {
  if (typeof value === 'boolean' || scalarOf(value) === '0' || scalarOf(value) === '1') return NONE;
  if (typeof value === 'string') {
    if (scalarOf(value) === '') return NONE;
    const colon = value.indexOf(':');
    if (colon > 0)
      return { username: value.slice(0, colon), password: value.slice(colon + 1) || null, notes: NO_NOTES };
    return { ...NONE, notes: [`${role.name} was not read: it must have the form user:password`] };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { username, password, unread } = membersOf(value as Row, names);
    if (username !== undefined || password !== undefined) {
      const found = readCredentials({ ...(username && { username }), ...(password && { password }) }, names);
      if ('problem' in found || unread === undefined) return found;
      return { ...found, notes: [...found.notes, ...unreadNotes(unread, names)] };
    }
  }
  return { ...NONE, notes: [`${role.name} was not read: it must be user:password or an object with both`] };
}
