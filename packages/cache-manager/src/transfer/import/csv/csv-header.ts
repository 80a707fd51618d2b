import type { MemberNames } from '../rows/members/member-names.ts';
import { isAddress } from '../rows/unnamed/cell-kinds.ts';

/**
 * The first record of a table: a header, data without a header, a header that names no proxy, or one with a duplicate
 * column.
 */
export type FirstRecord =
  | { readonly kind: 'header'; readonly header: CsvHeader }
  | { readonly kind: 'data' | 'unfit' }
  | { readonly kind: 'duplicate'; readonly name: string };

export interface CsvHeader {
  /** Column names, in the spelling of the table of names if they are in it. */
  readonly names: readonly string[];
  readonly hasCredentials: boolean;
  /** The index of the column of hosts, if there is one to the right of a credential. */
  readonly hostAfterCredentials: number | undefined;
  /** True if the last column is a label, whose value may be truncated without harm. */
  readonly endsInNote: boolean;
}

/** How many unknown column names a message may show, and which ones. */
const MOST_SHOWN = 12;
const SHOWN = /^\p{L}[\p{L}\p{M} _-]{0,23}$/u;
const RENAME =
  'rename its columns to ip, host, server or address, and port, protocol, type, username and password, or use one column proxy_url, proxy or url for the whole proxy';

export function readFirstRecord(
  cells: readonly string[],
  names: MemberNames,
  hasPlace: (cells: readonly string[]) => boolean,
): FirstRecord {
  const roles = cells.map((cell) => names.roleOf(cell));
  const namesProxy = roles.some((role) => role?.field === 'url' || role?.field === 'host' || role?.field === 'link');
  if (namesProxy && !cells.some((cell) => isAddress(cell) || cell.includes('://'))) {
    const duplicate = roles.find(
      (role, i) => role?.field !== undefined && roles.some((other, j) => j > i && other?.name === role.name),
    );
    if (duplicate !== undefined) return { kind: 'duplicate', name: duplicate.name };
    const last = roles.at(-1);
    const areCredentials = roles.map((role) => /^(?:username|password|credentials)$/.test(role?.field ?? ''));
    const host = roles.findIndex((role, i) => role?.field === 'host' && areCredentials.slice(0, i).includes(true));
    return {
      kind: 'header',
      header: {
        names: cells.map((cell, i) => roles[i]?.name || cell.toLowerCase()),
        hasCredentials: areCredentials.includes(true),
        hostAfterCredentials: host === -1 ? undefined : host,
        endsInNote: last === undefined ? false : last.field === undefined && last.label !== undefined,
      },
    };
  }
  return { kind: hasPlace(cells) ? 'data' : 'unfit' };
}

/**
 * Why nothing can be read under this first record. Its cells are quoted only if they look like column names and the
 * next record does not: otherwise they may be data.
 */
export function reasonOfUnfit(cells: readonly string[], next: readonly string[] | undefined): string {
  const areNames = cells.length > 1 && cells.length <= MOST_SHOWN && cells.every((cell) => SHOWN.test(cell));
  const isShown = areNames && next?.some((cell) => cell !== '' && !SHOWN.test(cell)) === true;
  return `the file has no column that names a proxy${isShown ? ` (found: ${cells.join(', ')})` : ''}: ${RENAME}`;
}
