import type { CredentialCipher } from '@pw/cache-models';
import { resealTokens, TOKEN_MEMBERS } from '@pw/cache-models/tier';
import type { StoredValue } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';

/** A longer value is not the token of a proxy's credential, and is not read. */
const MAX_TOKEN_BYTES = 64 * 1024;

export interface ResealedQuarantinePage {
  /** Rows with a token that could not be re-encrypted. */
  readonly inQuarantine: number;
  /** The id of the last row; `undefined` if there are no more. */
  readonly last: number | undefined;
}

type QuarantinedRow = readonly [
  id: number,
  url: StoredValue,
  username: StoredValue,
  password: StoredValue,
  tooLong: 0 | 1 | null,
];

/**
 * Re-encrypts the tokens of the next quarantined rows in place; nothing else of a row changes. Runs in the caller's
 * write transaction.
 */
export function resealQuarantinePage(
  store: RowStore,
  cipher: CredentialCipher,
  after: number | undefined,
  limit: number,
): ResealedQuarantinePage {
  const rows = selectTokens(store, after, limit);
  let inQuarantine = 0;
  for (const row of rows) if (!resealRow(store, cipher, row)) inQuarantine++;
  return { inQuarantine, last: rows.length < limit ? undefined : rows.at(-1)![0] };
}

function selectTokens({ statements, layout }: RowStore, after: number | undefined, limit: number): QuarantinedRow[] {
  const [url, username, password] = ['proxy_url', ...TOKEN_MEMBERS].map(
    (name) => `CASE WHEN octet_length(${name}) <= ${MAX_TOKEN_BYTES} THEN ${name} END`,
  );
  const tooLong = TOKEN_MEMBERS.map((name) => `octet_length(${name}) > ${MAX_TOKEN_BYTES}`).join(' OR ');
  const isAfter = after === undefined ? '' : 'id > ? AND ';
  const sql = `SELECT id, ${url}, ${username}, ${password}, ${tooLong} FROM ${layout.quarantine}
    WHERE ${isAfter}(${TOKEN_MEMBERS.map((name) => `${name} IS NOT NULL`).join(' OR ')}) ORDER BY id LIMIT ?`;
  const statement = statements.of(sql).raw();
  return (after === undefined ? statement.all(limit) : statement.all(after, limit)) as QuarantinedRow[];
}

/** False if a token is left that no key can decrypt. */
function resealRow(store: RowStore, cipher: CredentialCipher, [id, url, ...rest]: QuarantinedRow): boolean {
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

/** A token in the form that records contain. Only damage can put a number here. */
function hexOf(value: StoredValue): string | null {
  if (value === null) return null;
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value), 'latin1');
  return bytes.toString('hex');
}
