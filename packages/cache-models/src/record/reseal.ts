import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { CacheError, CacheErrorCode } from '../errors/cache-error.ts';
import { originOf } from '../proxy-url/proxy-origin.ts';
import type { CredentialRole } from '../secrets/credential-binding.ts';
import type { CredentialCipher, Secret } from '../secrets/secret.ts';
import { entryToRecord } from './entry-to-record.ts';
import { recordToEntry } from './record-to-entry.ts';

/** What became of the records with credentials that a re-encryption has met. */
export interface ResealCounts {
  /** Sealed again with the current key, for the proxy that they belong to. */
  readonly reencrypted: number;
  /** Left alone: the current key had sealed them. */
  readonly alreadyCurrent: number;
  /** Left alone: they do not open here, for none of the cipher's keys made them or they are bound to another proxy. */
  readonly unreadable: number;
  /**
   * Of the unreadable ones those that a key of the cipher made, but that do not open where they are: moved to another proxy, or
   * bound to none and refused. An older key may open them. Absent: none.
   */
  readonly misplaced?: number | undefined;
  /**
   * Records that were set aside as damaged and hold a token that could not be sealed again where it lies: with one of them
   * nobody can say that no older key opens anything. Those that could be sealed again are in none of the counts. Absent: none.
   */
  readonly inQuarantine?: number | undefined;
}

/**
 * Whether an entry's credentials are to be sealed again: `none` has none; `current` is sealed with the cipher's current key, and
 * bound to the entry's proxy if the cipher can bind; `stale` is not, or not sealed at all.
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
 * What an error of reading a record says of its tokens: `unreadable`, `misplaced` (see {@link ResealCounts.misplaced}), or
 * `undefined` for an error that says nothing of them.
 */
export function fateOfTokens(error: unknown): 'unreadable' | 'misplaced' | undefined {
  if (!(error instanceof CacheError) || error.code !== CacheErrorCode.CREDENTIAL_UNREADABLE) return undefined;
  const { reason } = error as { reason?: unknown };
  return reason === 'elsewhere' || reason === 'refused' ? 'misplaced' : 'unreadable';
}

/** What is to become of the tokens of a record that was set aside. */
export interface ResealedTokens {
  /** The fresh tokens in hex, by member, of those that are to be replaced. */
  readonly fresh: Readonly<Partial<Record<TokenMember, string>>>;
  /** True if a token is there that none of the cipher's keys opens. */
  readonly isUnreadable: boolean;
}

/** The members of a record that hold a token in hex. */
export const TOKEN_MEMBERS = ['username_encrypted', 'password_encrypted'] as const;
export type TokenMember = (typeof TOKEN_MEMBERS)[number];

/** A record is set aside because it is damaged: what its other members hold must not matter. */
const SOUND = Object.freeze({
  key: '',
  source: '',
  fetch_time: '1970-01-01T00:00:00+00:00',
  last_accessed: '1970-01-01T00:00:00+00:00',
  expires_at: '1970-01-01T00:00:00+00:00',
  ttl_seconds: 0,
});

/** Seals the tokens of a damaged record again, each for itself, whatever its other members hold. Never throws for what a record holds. */
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
