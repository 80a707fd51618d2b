import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { SECRET_MASK, type Secret } from '../secrets/secret.ts';
import { markAuthSchemes } from './auth-schemes.ts';
import { markCommandOptions } from './command-options.ts';
import { Marks } from './marks.ts';
import { markNamedValues } from './named-values.ts';
import { markSecrets } from './own-secrets.ts';
import { viewsOf } from './text-view.ts';
import { markUserInfo } from './url-user-info.ts';

/** A secret to mask in a text. A {@link Secret} is revealed only if there is text to search. */
export type KnownSecret = string | Secret | null | undefined;

// Matches a text in which nothing could separate a name from a password, like most sources: it is returned at once.
const HARMLESS = /^(?:[\w.+-]*|[a-z][a-z\d]{2,6}:\/\/[\w.-]+(?::(?:\d{1,4}|[1-5]\d{4}))?(?:\/[\w./-]*)?)$/i;

/**
 * Maximum length of text that is examined, in UTF-16 units; examining that much blocks the event loop for a few
 * milliseconds.
 */
export const MAX_MASKED_LENGTH = 16_384;
const LONGEST_CUT = 1024;
const NO_SECRETS: readonly KnownSecret[] = Object.freeze([]);

/**
 * Replaces everything that is, or may be, a credential in a text by {@link SECRET_MASK}. All packages use this function
 * for text that is stored unencrypted, shown or logged.
 *
 * The following is masked, whether plain, percent-encoded or with backslash escapes:
 * - the user info of anything like a URL, whatever it contains (`/`, `#`, `?`, `@`, spaces, backslashes);
 * - `http://user:password` that was cut off before the `@`: a port that is not a number is a password;
 * - `user:password@host` without a scheme, and `host:port:user:password` and `user:password:host:port` of proxy lists;
 * - `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`, and `Basic`, `Bearer`, `NTLM`, `Negotiate` with
 *   a token;
 * - values named `password`, `token`, `secret`, `api_key` or similar, in queries, JSON, assignments, options;
 * - `user:password` after curl's `-U` and `-u`.
 *
 * An `@` without a colon before it is not masked, unless it belongs to a URL: `ann@example.com`, `pnpm@12`,
 * `@scope/name`. References such as `github:user/repository@branch` are not masked either.
 *
 * `secrets` (default none) are masked wherever they occur: in upper or lower case, percent-encoded, with backslash
 * escapes, in base64. A secret of three characters is masked only as a whole word, a shorter one only next to `:`, `@`,
 * `=` or a quote, because it would match parts of other words. Username and password, in this order, are also
 * recognized together in base64.
 *
 * When in doubt, it masks. Takes time linear in the length of the text, of which the first 16,384 characters are
 * examined: the rest becomes one mask. Throws a CacheValidationError for wrong arguments.
 *
 * @example
 * ```ts
 * maskCredentials('407 from http://user:secret@gate.example.com:8080'); // '407 from http://**********@gate.example.com:8080'
 * ```
 */
export function maskCredentials(text: string, secrets: readonly KnownSecret[] = NO_SECRETS): string {
  if (typeof text !== 'string') checkArgument('text', text, Kinds.string);
  if (secrets !== NO_SECRETS) checkSecrets(secrets);
  if (text === '') return text;
  const known = secrets.flatMap(reveal);
  if (known.length === 0 && HARMLESS.test(text)) return text;
  const marks = new Marks(text.length);
  const read = lengthRead(text, known);
  marks.add(read, text.length);
  const views = viewsOf(text.slice(0, read), marks.add);
  for (const view of views) {
    markUserInfo(view.text, view.mark);
    markNamedValues(view.text, view.mark);
    markAuthSchemes(view.text, view.mark);
    markCommandOptions(view.text, view.mark);
  }
  if (known.length > 0) markSecrets(views, known);
  return marks.apply(text, SECRET_MASK);
}

/** Scheme, host with a dot, and port: no place for a credential, although `.pw:60000` looks like a named value. */
const HOST_AND_PORT = /^[a-z][\w+.-]*:\/\/(?:[\w-]+\.)+[\w-]+:\d{1,5}\/?$/i;

/**
 * The URL of a proxy for display: as {@link maskCredentials}, but everything between the scheme and the last `@` is
 * masked, because the URL of a proxy has no path. A URL of scheme, host and port stays as it is.
 */
export function maskProxyUrl(url: string): string {
  if (typeof url !== 'string') checkArgument('url', url, Kinds.string);
  if (HOST_AND_PORT.test(url)) return url;
  const at = url.lastIndexOf('@');
  if (at < 0) return maskCredentials(url);
  const scheme = url.indexOf('://');
  const start = scheme < 0 || scheme > at ? 0 : scheme + 3;
  return maskCredentials(`${url.slice(0, start)}${SECRET_MASK}${url.slice(at)}`);
}

/**
 * The length to examine of a long text. Ends at a space if one is near, because half of a credential may not be
 * recognized; and ends early enough that no known secret is cut in two, even in its longest form (`\\u0070` for each
 * character).
 */
function lengthRead(text: string, known: readonly string[]): number {
  if (text.length <= MAX_MASKED_LENGTH) return text.length;
  const space = text.slice(MAX_MASKED_LENGTH - LONGEST_CUT, MAX_MASKED_LENGTH).search(/\s\S*$/);
  const longest = known.reduce((sum, secret) => sum + 6 * secret.length, 0);
  return Math.max(MAX_MASKED_LENGTH - LONGEST_CUT + Math.max(space, 0) - longest, 0);
}

const SECRETS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of strings and Secrets, or null for none',
  isRight: (list: unknown) => Array.isArray(list) && list.findIndex((secret: unknown) => !isKnown(secret)) === -1,
});

/** A wrong item must not be skipped: the secret would be shown. */
function checkSecrets(secrets: readonly KnownSecret[]): void {
  if (!Array.isArray(secrets)) checkArgument('secrets', secrets, SECRETS);
  for (let i = 0; i < secrets.length; i++) if (!isKnown(secrets[i])) checkArgument('secrets', secrets, SECRETS);
}

function isKnown(secret: unknown): boolean {
  return secret == null || typeof secret === 'string' || Kinds.secret.isRight(secret);
}

function reveal(secret: KnownSecret): string[] {
  if (secret === null || secret === undefined || secret === '') return [];
  if (typeof secret === 'string') return [secret];
  try {
    return [secret.reveal()];
  } catch {
    // A secret that no key opens cannot be searched for.
    return [];
  }
}
