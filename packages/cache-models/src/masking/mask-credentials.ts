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

/** A secret that must not stand in a text; a {@link Secret} is revealed only if there is a text to look at. */
export type KnownSecret = string | Secret | null | undefined;

// Holds nothing that could separate a name from a password: the usual source, at no cost.
const HARMLESS = /^(?:[\w.+-]*|[a-z][a-z\d]{2,6}:\/\/[\w.-]+(?::(?:\d{1,4}|[1-5]\d{4}))?(?:\/[\w./-]*)?)$/i;

/** Longest text that is examined, in UTF-16 units: it blocks the event loop for some milliseconds. */
export const MAX_MASKED_LENGTH = 16_384;
const LONGEST_CUT = 1024;
const NO_SECRETS: readonly KnownSecret[] = Object.freeze([]);

/**
 * A text with {@link SECRET_MASK} for whatever is, or may be, a credential in it. The one masker of all packages: what is
 * stored in clear, shown or logged went through it.
 *
 * Masked are, plain, percent-encoded or with backslash escapes:
 * - the user info of anything like a URL, whatever it holds (`/`, `#`, `?`, `@`, spaces, backslashes);
 * - `http://user:password` that was cut off before the `@`: a port that is no number is a password;
 * - `user:password@host` without a scheme, and `host:port:user:password` and `user:password:host:port` of proxy lists;
 * - `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`, and `Basic`, `Bearer`, `NTLM`, `Negotiate` with a token;
 * - values that are named `password`, `token`, `secret`, `api_key` or the like, in queries, JSON, assignments, options;
 * - `user:password` behind curl's `-U` and `-u`.
 *
 * An `@` with no colon before it stays, unless it belongs to a URL: `ann@example.com`, `pnpm@12`, `@scope/name`. So do
 * `github:user/repository@branch` and its like.
 *
 * `secrets` are masked wherever they stand: plain in any case of their letters, percent-encoded, with backslash escapes, in
 * base64. One of three characters is masked as a word of its own, a shorter one where it stands beside `:`, `@`, `=` or a
 * quote: everywhere else it would be a letter of other words. Username and password, in this order, are also known together.
 *
 * In doubt it masks. Takes time in proportion to the length of the text, of which the first 16,384 characters are looked at: the
 * rest becomes one mask.
 */
export function maskCredentials(text: string, secrets: readonly KnownSecret[] = NO_SECRETS): string {
  if (typeof text !== 'string') checkArgument('text', text, Kinds.text);
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

/**
 * The URL of a proxy, for showing: as {@link maskCredentials}, and what stands before an `@` is masked whatever it looks
 * like, for a proxy has no path.
 */
export function maskProxyUrl(url: string): string {
  if (typeof url !== 'string') checkArgument('url', url, Kinds.text);
  const at = url.lastIndexOf('@');
  if (at < 0) return maskCredentials(url);
  const scheme = url.indexOf('://');
  const start = scheme < 0 || scheme > at ? 0 : scheme + 3;
  return maskCredentials(`${url.slice(0, start)}${SECRET_MASK}${url.slice(at)}`);
}

/**
 * Up to a space, if one is near: a credential that is cut in two may not be recognized. The same of a known secret, so as much is left
 * out as the longest of them takes in its longest form (`\\u0070` for each character), together with another.
 */
function lengthRead(text: string, known: readonly string[]): number {
  if (text.length <= MAX_MASKED_LENGTH) return text.length;
  const space = text.slice(MAX_MASKED_LENGTH - LONGEST_CUT, MAX_MASKED_LENGTH).search(/\s\S*$/);
  const longest = known.reduce((sum, secret) => sum + 6 * secret.length, 0);
  return Math.max(MAX_MASKED_LENGTH - LONGEST_CUT + Math.max(space, 0) - longest, 0);
}

const SECRETS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of texts and Secrets, with null for none',
  isRight: (list: unknown) => Array.isArray(list) && list.findIndex((secret: unknown) => !isKnown(secret)) === -1,
});

/** One that is passed over would be shown. */
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
    // A secret that no key opens cannot be looked for.
    return [];
  }
}
