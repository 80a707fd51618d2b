import { isNamedNote } from './list-words.ts';

/** The beginning of a named credential, with or without its value: `user=scout`, `password:`. */
const NAMED = /^(?:proxy[_-]?)?(?:user(?:_?name)?|login|pass(?:word|wd)?|pwd|auth(?:orization)?)[:=]/i;

/** True for `user:password` (but not a time, a link or `ping:20ms`), and for `user=…` or `pass=…`. */
export function looksLikeCredentials(text: string): boolean {
  if (NAMED.test(text)) return true;
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1 || text.startsWith('//', colon + 1)) return false;
  const name = text.slice(0, colon);
  return !/^[^\p{L}\p{N}]|^\d+(?:[-/.T]\d+)*$/u.test(name) && !isNamedNote(name);
}
