import { MEMBER_TABLE, PLACE_LABELS, PLACE_MEMBERS, type RowField } from './member-table.ts';
import { isSuspectName } from './suspect-names.ts';

/** What the name of a member says. */
export interface MemberRole {
  /** As the table has it, such as `ip_address`: nothing of the file. */
  readonly name: string;
  readonly field: RowField | undefined;
  /** Of several that say the same, the one with the lowest rank counts. */
  readonly rank: number;
  readonly label: { readonly name: string; readonly rank: number } | undefined;
  /** True for an object that tells of the place. */
  readonly isPlace: boolean;
  /** True for a name that is not read, and that looks like that of a credential or a scheme. */
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

/** The longest name that is looked at: far longer than any in the table. */
const MAX_NAME = 64;
/** Names whose roles are kept; a file of more is slower, not larger in memory. */
const MAX_KEPT = 1000;
/** What the row says itself counts more than what an object in it says. */
const RANK_IN_A_PLACE = 100;

/** A name that a message may show: one that could be a column's. */
const SHOWN = /^\p{L}[\p{L}\p{M}\d _.-]{0,31}$/u;

/** The roles of names in the table, and of what else a file has. One for each import: it keeps what it found. */
export class MemberNames {
  readonly #roles = new Map<string, MemberRole | undefined>();
  readonly #told = new Set<string>();

  roleOf(name: string): MemberRole | undefined {
    const known = this.#roles.get(name);
    if (known !== undefined || this.#roles.has(name)) return known;
    const role = findRole(name);
    if (this.#roles.size < MAX_KEPT) this.#roles.set(name, role);
    return role;
  }

  /** True the first time that a name is asked for: what is not read is told once in a file. */
  markReported(name: string): boolean {
    if (this.#told.has(name) || this.#told.size >= MAX_KEPT) return false;
    this.#told.add(name);
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

/** `geolocation.country`, as a table has it that was made of JSON. */
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
