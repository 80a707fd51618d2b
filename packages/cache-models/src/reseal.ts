import type { CacheEntry } from './cache-entry.ts';
import type { CredentialCipher } from './secret.ts';

/** What became of the records with credentials that a re-encryption has met. */
export interface ResealCounts {
  /** Sealed again with the current key. */
  readonly reencrypted: number;
  /** Left alone: the current key had sealed them. */
  readonly alreadyCurrent: number;
  /** Left alone: none of the cipher's keys opens them. */
  readonly unreadable: number;
}

/**
 * Whether an entry's credentials are to be sealed again: `none` has none, `current` is sealed with the cipher's current key,
 * `stale` is not, or not at all.
 */
export function sealState(entry: CacheEntry, cipher: CredentialCipher): 'none' | 'current' | 'stale' {
  const { username, password } = entry;
  if (username === null && password === null) return 'none';
  const isCurrent = (secret: typeof username) => secret === null || secret.sealedBy(cipher) === 'current';
  return isCurrent(username) && isCurrent(password) ? 'current' : 'stale';
}
