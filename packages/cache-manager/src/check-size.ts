import type { CacheEntry, Secret } from '@pw/cache-models';
import { MAX_FIELD_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_TOKEN_BYTES } from './transfer/import/import-limits.ts';

/**
 * Describes what is too long about an entry for an import of its export; `undefined` if nothing is. An entry that
 * passes fits in one line of an export, in every mode. Decrypts no credential whose size the size of its token can
 * bound.
 */
export function problemOfSize({
  proxyUrl,
  username,
  password,
  source,
  lastHealthError,
}: CacheEntry): string | undefined {
  if (proxyUrl.length > MAX_FIELD_CHARACTERS) return tooLong('proxyUrl', MAX_FIELD_CHARACTERS);
  if (source.length > MAX_TEXT_CHARACTERS) return tooLong('source', MAX_TEXT_CHARACTERS);
  if (lastHealthError !== null && lastHealthError.length > MAX_TEXT_CHARACTERS)
    return tooLong('lastHealthError', MAX_TEXT_CHARACTERS);
  if (isTooLong(username)) return tooLong('username', MAX_FIELD_CHARACTERS);
  return isTooLong(password) ? tooLong('password', MAX_FIELD_CHARACTERS) : undefined;
}

function tooLong(name: string, limit: number): string {
  return `${name} must be at most ${limit.toLocaleString('en')} characters long`;
}

function isTooLong(secret: Secret | null): boolean {
  if (secret === null || secret.size <= MAX_FIELD_CHARACTERS) return false;
  // The size of a sealed secret is that of its token. Up to this limit, it is cheap enough to decrypt and measure.
  return secret.size > MAX_TOKEN_BYTES || lengthOf(secret) > MAX_FIELD_CHARACTERS;
}

/** 0 for a secret that no key opens, which is kept as it is. */
function lengthOf(secret: Secret): number {
  try {
    return secret.reveal().length;
  } catch {
    return 0;
  }
}
