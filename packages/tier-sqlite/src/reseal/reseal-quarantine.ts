import { type CredentialCipher, resealTokens, TOKEN_MEMBERS } from '@pw/cache-models';
import type { StoredValue } from '../rows/entry-values.ts';
import type { EntryStore } from '../rows/row-store.ts';

/** Bytes of a value that is looked into: a longer one is no token of a proxy's credential, and is not read. */
const MOST_BYTES = 64 * 1024;

export interface ResealedAside {
  /** Rows with a token that could not be sealed again. */
  readonly inQuarantine: number;
  /** The last row that was looked at; `undefined` when there are no more. */
  readonly last: number | undefined;
}

type AsideRow = readonly [
  id: number,
  url: StoredValue,
  username: StoredValue,
  password: StoredValue,
  tooLong: 0 | 1 | null,
];

/**
 * Seals the tokens of the next damaged rows after an id again, where they lie; nothing else of a row changes. Runs in the
 * caller's write transaction.
 */
export function resealAside(
  store: EntryStore,
  cipher: CredentialCipher,
  after: number | undefined,
  limit: number,
): ResealedAside {
  const rows = readRows(store, after, limit);
  let inQuarantine = 0;
  for (const row of rows) if (!resealRow(store, cipher, row)) inQuarantine++;
  return { inQuarantine, last: rows.length < limit ? undefined : rows.at(-1)![0] };
}

function readRows({ statements, layout }: EntryStore, after: number | undefined, limit: number): AsideRow[] {
  const [url, username, password] = ['proxy_url', ...TOKEN_MEMBERS].map(
    (name) => `CASE WHEN octet_length(${name}) <= ${MOST_BYTES} THEN ${name} END`,
  );
  const tooLong = TOKEN_MEMBERS.map((name) => `octet_length(${name}) > ${MOST_BYTES}`).join(' OR ');
  const isAfter = after === undefined ? '' : 'id > ? AND ';
  const sql = `SELECT id, ${url}, ${username}, ${password}, ${tooLong} FROM ${layout.quarantine}
    WHERE ${isAfter}(${TOKEN_MEMBERS.map((name) => `${name} IS NOT NULL`).join(' OR ')}) ORDER BY id LIMIT ?`;
  const statement = statements.of(sql).raw();
  return (after === undefined ? statement.all(limit) : statement.all(after, limit)) as AsideRow[];
}

/** False if a token is left that no key opens. */
function resealRow(store: EntryStore, cipher: CredentialCipher, [id, url, ...rest]: AsideRow): boolean {
  const [username, password, tooLong] = rest;
  const stored = { username_encrypted: username, password_encrypted: password };
  const record = { proxy_url: url, username_encrypted: hexOf(username), password_encrypted: hexOf(password) };
  const { fresh, isUnreadable } = resealTokens(record, cipher);
  for (const member of TOKEN_MEMBERS) {
    const hex = fresh[member];
    if (hex === undefined) continue;
    const token = Buffer.from(hex, 'hex');
    const value = typeof stored[member] === 'string' ? token.toString('latin1') : token;
    store.statements.of(`UPDATE ${store.layout.quarantine} SET ${member} = ? WHERE id = ?`).run(value, id);
  }
  return !isUnreadable && tooLong !== 1;
}

/** As in a record; a number stands where only damage puts one. */
function hexOf(value: StoredValue): string | null {
  if (value === null) return null;
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value), 'latin1');
  return bytes.toString('hex');
}
