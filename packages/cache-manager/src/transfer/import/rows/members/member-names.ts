import { MEMBER_TABLE, PLACE_LABELS, PLACE_MEMBERS, type RowField } from './member-table.ts';
import { isSuspectName } from './suspect-names.ts';

/** The meaning of a member's name. */
export interface MemberRole {
  /**
   * The name in the spelling of the table, such as `ip_address`. For an unread name, its spelling in the file if a
   * message may show that, else an empty string.
   */
  readonly name: string;
  readonly field: RowField | undefined;
  /** Of several members with the same meaning, the one with the lowest rank counts. */
  readonly rank: number;
  readonly label: { readonly name: string; readonly rank: number } | undefined;
  /** True for an object with members about the location. */
  readonly isPlace: boolean;
  /** True for an unknown name that looks like a credential or a scheme. */
  readonly isUnread: boolean;
}

const NO_ROLE: MemberRole = {
  name: '',
  field: undefined,
  rank: 0,
  label: undefined,
  isPlace: false,
  isUnread: false,
};

/** The longest name that is looked up, far longer than any in the table. */
const MAX_NAME = 64;
/** Names whose roles are cached; a file with more is slower but takes no more memory. */
const MAX_KEPT = 1000;
/** Members of the row itself rank before members of an object in it. */
const RANK_IN_A_PLACE = 100;

/** A name that a message may show: one that looks like a column name. */
const SHOWN = /^\p{L}[\p{L}\p{M}\d _.-]{0,31}$/u;

/** The roles of member names, cached. One per import: it also remembers which unread names were reported. */
export class MemberNames {
  readonly #roles = new Map<string, MemberRole | undefined>();
  readonly #reported = new Set<string>();

  roleOf(name: string): MemberRole | undefined {
    const known = this.#roles.get(name);
    if (known !== undefined || this.#roles.has(name)) return known;
    const role = findRole(name);
    if (this.#roles.size < MAX_KEPT) this.#roles.set(name, role);
    return role;
  }

  /** Marks a name as reported; returns false if it already was, so that each unread name is reported once per file. */
  markReported(name: string): boolean {
    if (this.#reported.has(name) || this.#reported.size >= MAX_KEPT) return false;
    this.#reported.add(name);
    return true;
  }
}

function findRole(name: string): MemberRole | undefined {
  if (name.length > MAX_NAME) return undefined;
  const normal = normalName(name);
  const role = ROLES.get(normal);
  if (role !== undefined) return role;
  const dot = normal.indexOf('.');
  if (dot > 0) return roleInAPlace(normal.slice(0, dot), normal.slice(dot + 1));
  if (!isSuspectName(normal)) return undefined;
  return { ...NO_ROLE, name: SHOWN.test(name) ? name : '', isUnread: true };
}

/** `geolocation.country`, as in a table that was converted from JSON. */
function roleInAPlace(place: string, member: string): MemberRole | undefined {
  const label = ROLES.get(place)?.isPlace === true ? ROLES.get(member)?.label : undefined;
  if (label === undefined || !PLACE_LABELS.has(label.name)) return undefined;
  return { ...NO_ROLE, name: `${place}.${member}`, label: { name: label.name, rank: label.rank + RANK_IN_A_PLACE } };
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/gu, '');
}

const ROLES: ReadonlyMap<string, MemberRole> = rolesOfTable();

function rolesOfTable(): Map<string, MemberRole> {
  const roles = new Map<string, MemberRole>();
  for (const { field, label, names } of MEMBER_TABLE) {
    for (const [rank, words] of names.entries()) {
      const normal = normalName(words);
      const role = roles.get(normal) ?? { ...NO_ROLE, name: words.replaceAll(' ', '_') };
      roles.set(normal, {
        ...role,
        ...(field === undefined ? {} : { field, rank }),
        ...(label === undefined ? {} : { label: { name: label, rank } }),
      });
    }
  }
  for (const words of PLACE_MEMBERS) {
    const name = words.replaceAll(' ', '_');
    roles.set(normalName(words), { ...NO_ROLE, name, isPlace: true });
  }
  return roles;
}
