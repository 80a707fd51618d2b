import type { MemberNames } from '../rows/members/member-names.ts';
import { isAddress } from '../rows/unnamed/cell-kinds.ts';

/** What the first record of a table is: its header, data without one, a header that names no proxy, or one that names a part of it twice. */
export type FirstRecord =
  | { readonly kind: 'header'; readonly header: CsvHeader }
  | { readonly kind: 'data' | 'unfit' }
  | { readonly kind: 'doubled'; readonly name: string };

export interface CsvHeader {
  /** Of the columns, as the table of names has them where it has them. */
  readonly names: readonly string[];
  readonly hasCredentials: boolean;
  /** True if the last column is a text in which a delimiter costs nothing. */
  readonly endsInNote: boolean;
}

/** Names that are shown of a header that is not known, and how long each may be. */
const MOST_SHOWN = 12;
const SHOWN = /^\p{L}[\p{L}\p{M} _-]{0,23}$/u;
const KNOWN =
  'known are ip, host, server, address, port, protocol, type, username, password, and proxy_url, proxy, url for all in one column; rename its columns to such names';

export function readFirstRecord(
  cells: readonly string[],
  names: MemberNames,
  hasPlace: (cells: readonly string[]) => boolean,
): FirstRecord {
  const roles = cells.map((cell) => names.roleOf(cell));
  const namesProxy = roles.some((role) => role?.field === 'url' || role?.field === 'host' || role?.field === 'link');
  if (namesProxy && !cells.some((cell) => isAddress(cell) || cell.includes('://'))) {
    const sameButPassword = roles.find(
      (role, i) => role?.field !== undefined && roles.some((other, j) => j > i && other?.name === role.name),
    );
    if (sameButPassword !== undefined) return { kind: 'doubled', name: sameButPassword.name };
    const last = roles.at(-1);
    return {
      kind: 'header',
      header: {
        names: cells.map((cell, i) => roles[i]?.name || cell.toLowerCase()),
        hasCredentials: roles.some((role) => /^(?:username|password|credentials)$/.test(role?.field ?? '')),
        endsInNote: last === undefined ? false : last.field === undefined && last.label !== undefined,
      },
    };
  }
  return { kind: hasPlace(cells) ? 'data' : 'unfit' };
}

/**
 * Why nothing is read under this first record. Its cells are shown where they look like names and the record behind it looks otherwise: they may
 * be data, of which nothing is shown.
 */
export function reasonOfUnfit(cells: readonly string[], next: readonly string[] | undefined): string {
  const areNames = cells.length > 1 && cells.length <= MOST_SHOWN && cells.every((cell) => SHOWN.test(cell));
  const isShown = areNames && next?.some((cell) => cell !== '' && !SHOWN.test(cell)) === true;
  return `the file has no column that names a proxy${isShown ? `: found were ${cells.join(', ')}` : ''}; ${KNOWN}`;
}
