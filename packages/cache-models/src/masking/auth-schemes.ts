import type { Mark } from './marks.ts';

const SCHEME_AND_TOKEN = /(basic|bearer|ntlm|negotiate)[ \t]{1,16}([\w.~+/-]{4,}={0,2})(?!["'])/gi;

/**
 * Marks the token after the name of an authentication scheme, even without the name of a header: `Basic dXNlcjpwYXNz`.
 */
export function markAuthSchemes(text: string, mark: Mark): void {
  for (const { 0: match, 1: scheme, 2: token, index } of text.matchAll(SCHEME_AND_TOKEN)) {
    const isToken = scheme!.toLowerCase() === 'basic' ? isBasicToken(token!) : looksRandom(token!, 8);
    if (isToken) mark(index + match.length - token!.length, index + match.length);
  }
}

/** True for base64 of `user:password`, even if it was cut off; false for a word. */
function isBasicToken(token: string): boolean {
  return token.endsWith('=') || Buffer.from(token, 'base64').includes(0x3a) || looksRandom(token, 12);
}

function looksRandom(token: string, least: number): boolean {
  if (token.length < least) return false;
  return token.length >= 24 || (/\d/.test(token) && /[a-z]/i.test(token)) || /[a-z][A-Z]/.test(token);
}
