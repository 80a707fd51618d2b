import { CacheValidationError } from '../errors/cache-error.ts';
import { readUrl } from '../proxy-url/proxy-url.ts';
import type { CacheEntryFields } from './cache-entry-fields.ts';

type Endpoint = Pick<CacheEntryFields, 'proxyUrl' | 'username' | 'password'>;

/**
 * The URL of a proxy without credentials, even if an old record has some in its URL. The zone of an IPv6 address is
 * encoded (RFC 6874).
 */
export function bareUrl({ proxyUrl }: Pick<CacheEntryFields, 'proxyUrl'>): string {
  // The usual case: a canonical URL with neither user info nor zone needs no change.
  if (!/[@%]/.test(proxyUrl)) return proxyUrl;
  const parsed = readUrl(proxyUrl);
  const url = parsed.ok ? parsed.value.url : withoutUserInfo(proxyUrl);
  return url.replace(/^([a-z\d]+:\/\/\[[^%\]]*)%(?!25)/, '$1%25');
}

/**
 * The URL of a proxy with its credentials. Throws a CacheValidationError for a credential that is not well-formed
 * Unicode, and whatever `reveal` throws.
 */
export function fullUrl(entry: Endpoint): string {
  const { username, password } = credentialsOf(entry);
  const url = bareUrl(entry);
  if (username === '' && password === '') return url;
  const start = url.indexOf('://') + 3;
  const end = password === '' ? '' : `:${encoded(password, 'password')}`;
  return `${url.slice(0, start)}${encoded(username, 'username')}${end}@${url.slice(start)}`;
}

/** The credentials of the entry, or those that an old record has in its URL. */
function credentialsOf({ proxyUrl, username, password }: Endpoint): Record<'username' | 'password', string> {
  if (username !== null || password !== null)
    return { username: username?.reveal() ?? '', password: password?.reveal() ?? '' };
  const parsed = proxyUrl.includes('@') ? readUrl(proxyUrl) : undefined;
  return parsed?.ok
    ? { username: parsed.value.username ?? '', password: parsed.value.password ?? '' }
    : { username: '', password: '' };
}

/**
 * Encodes everything that RFC 3986 does not call unreserved: `encodeURIComponent` leaves characters that are special to
 * shells and parsers.
 */
function encoded(text: string, role: string): string {
  if (!text.isWellFormed()) {
    const problem = { path: role, message: 'must be well-formed Unicode to be part of a URL' };
    throw new CacheValidationError(`toUrl: ${role}: ${problem.message}`, { problems: [problem] });
  }
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function withoutUserInfo(url: string): string {
  const start = url.includes('://') ? url.indexOf('://') + 3 : 0;
  return url.slice(0, start) + url.slice(Math.max(start, url.lastIndexOf('@') + 1));
}
