import type { CacheEntry } from './cache-entry.ts';
import type { CredentialRole } from './credential-binding.ts';
import { originOf } from './proxy-origin.ts';
import type { CredentialCipher, Secret } from './secret.ts';

/** What became of the records with credentials that a re-encryption has met. */
export interface ResealCounts {
  /** Sealed again with the current key, for the proxy that they belong to. */
  readonly reencrypted: number;
  /** Left alone: the current key had sealed them. */
  readonly alreadyCurrent: number;
  /** Left alone: they do not open here, for none of the cipher's keys made them or they are bound to another proxy. */
  readonly unreadable: number;
}

/**
 * Whether an entry's credentials are to be sealed again: `none` has none; `current` is sealed with the cipher's current key, and
 * bound to the entry's proxy if the cipher can bind; `stale` is not, or not sealed at all.
 */
export function sealState(entry: CacheEntry, cipher: CredentialCipher): 'none' | 'current' | 'stale' {
  const { username, password } = entry;
  if (username === null && password === null) return 'none';
  const origin = originOf(entry.proxyUrl);
  const isCurrent = (secret: Secret | null, role: CredentialRole) =>
    secret === null || secret.isCurrent(cipher, { role, origin });
  return isCurrent(username, 'username') && isCurrent(password, 'password') ? 'current' : 'stale';
}
