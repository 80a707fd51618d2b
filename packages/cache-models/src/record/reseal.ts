import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { CacheError, CacheErrorCode } from '../errors/cache-error.ts';
import { originOf } from '../proxy-url/proxy-origin.ts';
import type { CredentialRole } from '../secrets/credential-binding.ts';
import type { CredentialCipher, Secret } from '../secrets/secret.ts';
import { entryToRecord } from './entry-to-record.ts';
import { recordToEntry } from './record-to-entry.ts';

/** Counts of the records with credentials that a re-encryption has processed. */
export interface ResealCounts {
  /** Sealed again with the current key, bound to their own proxy. */
  readonly reencrypted: number;
  /** Unchanged: the current key had sealed them already. */
  readonly alreadyCurrent: number;
  /** Unchanged: they do not open here, because no key of the cipher made them or they are bound to another proxy. */
  readonly unreadable: number;
  /**
   * How many of the unreadable ones were made by a key of the cipher, although they do not open where they are: they
   * were moved to another proxy, or are bound to none and refused. An older key may open them. Default 0.
   */
  readonly misplaced?: number | undefined;
  /**
   * Quarantined records with a token that could not be sealed again. If there is one, an older key may still open
   * something. Quarantined records that could be sealed again are not counted anywhere. Default 0.
   */
  readonly inQuarantine?: number | undefined;
}

/**
 * Whether an entry's credentials must be sealed again. `none`: it has no credentials. `current`: they are sealed with
 * the cipher's current key and, if the cipher supports binding, bound to the entry's proxy. `stale`: they are not, or
 * are not sealed at all.
 */
export function sealState(entry: CacheEntry, cipher: CredentialCipher): 'none' | 'current' | 'stale' {
  if (!CacheEntry.isCacheEntry(entry)) checkArgument('entry', entry, Kinds.entry);
  if (typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
  const { username, password } = entry;
  if (username === null && password === null) return 'none';
  const origin = originOf(entry.proxyUrl);
  const isCurrent = (secret: Secret | null, role: CredentialRole) =>
    secret === null || secret.isCurrent(cipher, { role, origin });
  return isCurrent(username, 'username') && isCurrent(password, 'password') ? 'current' : 'stale';
}

/**
 * Classifies an error of reading a record by its tokens: `unreadable`, `misplaced` (see {@link
 * ResealCounts.misplaced}), or `undefined` for an error that is not about tokens.
 */
export function fateOfTokens(error: unknown): 'unreadable' | 'misplaced' | undefined {
  if (!(error instanceof CacheError) || error.code !== CacheErrorCode.CREDENTIAL_UNREADABLE) return undefined;
  const { reason } = error as { reason?: unknown };
  return reason === 'elsewhere' || reason === 'refused' ? 'misplaced' : 'unreadable';
}

/** The new tokens of a quarantined record. */
export interface ResealedTokens {
  /** New tokens in hex, by member; only those that replace an old one. */
  readonly fresh: Readonly<Partial<Record<TokenMember, string>>>;
  /** True if the record has a token that no key of the cipher opens. */
  readonly isUnreadable: boolean;
}

/** The members of a record that contain a token in hex. */
export const TOKEN_MEMBERS = ['username_encrypted', 'password_encrypted'] as const;
export type TokenMember = (typeof TOKEN_MEMBERS)[number];

/**
 * Valid values for the other members: in a damaged record those may be anything, and must not prevent reading its
 * tokens.
 */
const SOUND = Object.freeze({
  key: '',
  source: '',
  fetch_time: '1970-01-01T00:00:00+00:00',
  last_accessed: '1970-01-01T00:00:00+00:00',
  expires_at: '1970-01-01T00:00:00+00:00',
  ttl_seconds: 0,
});

/**
 * Seals the tokens of a damaged record again, each on its own, regardless of its other members. Throws a
 * CacheValidationError for wrong arguments, but never because of the contents of a record.
 */
export function resealTokens(record: Readonly<Record<string, unknown>>, cipher: CredentialCipher): ResealedTokens {
  checkArgument('record', record, Kinds.object);
  checkArgument('cipher', cipher, Kinds.cipher);
  const fresh: Partial<Record<TokenMember, string>> = {};
  let isUnreadable = false;
  for (const member of TOKEN_MEMBERS) {
    const token = record[member];
    if (token === undefined || token === null || token === '') continue;
    const url = typeof record['proxy_url'] === 'string' ? record['proxy_url'] : '';
    try {
      const entry = recordToEntry({ ...SOUND, proxy_url: url, [member]: token }, cipher);
      if (sealState(entry, cipher) === 'stale') fresh[member] = entryToRecord(entry, cipher)[member] ?? '';
    } catch (error) {
      if (fateOfTokens(error) === undefined) throw error;
      isUnreadable = true;
    }
  }
  return { fresh, isUnreadable };
}
