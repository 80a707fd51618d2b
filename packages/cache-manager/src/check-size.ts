import type { CacheEntry, Secret } from '@pw/cache-models';
import { MAX_FIELD_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_TOKEN_BYTES } from './transfer/import/import-limits.ts';

/**
 * Describes the first member of an entry that is too long to be imported again after an export; `undefined` if there is
 * none. An entry without such a member fits in one line of an export, in every mode. A credential is decrypted only if
 * the size of its token is inconclusive.
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
  // The size of a sealed secret is that of its token. A token within its limit is cheap enough to decrypt and measure.
  return secret.size > MAX_TOKEN_BYTES || lengthOf(secret) > MAX_FIELD_CHARACTERS;
}

/** The length of the plain text; 0 for a secret that no key opens: it is stored unchanged. */
function lengthOf(secret: Secret): number {
  try {
    return secret.reveal().length;
  } catch {
    return 0;
  }
}
