import type { CacheEntry, Secret } from '@pw/cache-models';
import { MAX_FIELD_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_TOKEN_BYTES } from './transfer/import/import-limits.ts';

/**
 * What is too long about an entry for a file that an import reads back: `undefined` for nothing. Whatever passes is one line of an export, in every
 * mode. Opens no credential: the size of a token bounds that of its text.
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

function tooLong(name: string, most: number): string {
  return `${name} must be at most ${most.toLocaleString('en')} characters long`;
}

function isTooLong(secret: Secret | null): boolean {
  if (secret === null || secret.size <= MAX_FIELD_CHARACTERS) return false;
  // Of a sealed one the size is that of the token; a text of ours is short enough to be opened and looked at.
  return secret.size > MAX_TOKEN_BYTES || lengthOf(secret) > MAX_FIELD_CHARACTERS;
}

/** 0 for one that no key opens: it stays as it is. */
function lengthOf(secret: Secret): number {
  try {
    return secret.reveal().length;
  } catch {
    return 0;
  }
}
