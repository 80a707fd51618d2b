import { schemeOfWord } from '../../words/list-words.ts';

const SIGNS = /[^\p{L}\p{N}]+/gu;
const LEADING_SIGNS = /^[^\p{L}\p{N}]*/u;

/**
 * True for a user and password that may be the beginning of a damaged URL: the user is a scheme with or without stray
 * signs, and the password has a slash before its first letter or digit.
 */
export function mayBeDamagedUrl(credentials: string): boolean {
  const colon = credentials.indexOf(':');
  if (colon < 0 || !LEADING_SIGNS.exec(credentials.slice(colon + 1))![0].includes('/')) return false;
  return schemeOfWord(credentials.slice(0, colon).replace(SIGNS, '')) !== undefined;
}
