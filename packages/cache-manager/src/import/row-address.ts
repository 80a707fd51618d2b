import { maskProxyUrl, type ProxyScheme, parseProxyHost, parseProxyUrl, trimInvisible } from '@pw/cache-models';
import type { RowFate } from './import-tally.ts';
import { parsePlainLine } from './plain-line.ts';

/** The endpoint of a row: a URL that parses, or a text that only ProxyWhirl would hold. */
export type RowAddress =
  | { readonly kind: 'url'; readonly url: string; readonly username: string | null; readonly password: string | null }
  | { readonly kind: 'odd'; readonly text: string; readonly reason: string }
  | { readonly kind: 'none'; readonly fate: RowFate; readonly reason: string };

type Row = Readonly<Record<string, unknown>>;

/**
 * Finds the endpoint in `proxy_url`, or else in `ip` (or `host`), `port` and `protocol`.
 *
 * ProxyWhirl takes any non-empty text as a URL, so a file of its own may hold a text that is not one; it is kept as it is.
 * Only a text that may contain credentials is refused then, for the field is stored in clear, and one that has all the parts of
 * a proxy but an invalid host.
 */
export function readAddress(row: Row, defaultScheme: ProxyScheme): RowAddress {
  const text = row['proxy_url'];
  if (text === undefined) return fromParts(row, defaultScheme);
  if (typeof text !== 'string' || text === '') return NOTHING;
  const parsed = parseProxyUrl(text);
  if (parsed.ok) return { kind: 'url', ...parsed.value };
  // A field says that it holds a proxy: a single name is a host there.
  const plain = parsePlainLine(text, { defaultScheme, bareNames: true });
  if (plain.ok) return { kind: 'url', ...plain.value };
  const reason = `proxy_url ${text.includes('://') ? parsed.reason : plain.reason}`;
  if (plain.fate === 'failed' || mayHoldCredentials(text)) return { kind: 'none', fate: plain.fate, reason };
  return { kind: 'odd', text, reason: `${reason}; it was kept as it is` };
}

const NOTHING: RowAddress = { kind: 'none', fate: 'skipped', reason: 'has no proxy_url' };

/** Each field is read by itself: put together first, one could reach into another's place. */
function fromParts(row: Row, defaultScheme: ProxyScheme): RowAddress {
  const name = row['ip'] === undefined || row['ip'] === null ? 'host' : 'ip';
  const { [name]: given, port } = row;
  if (typeof given !== 'string' || given === '') return NOTHING;
  if (typeof port !== 'number' && typeof port !== 'string') return NOTHING;
  const text = trimInvisible(given);
  const host = parseProxyHost(text.includes(':') && !text.startsWith('[') ? `[${text}]` : text);
  if (!host.ok) return { kind: 'none', fate: 'failed', reason: `${name} ${host.reason}` };
  const scheme = row['protocol'] ?? row['scheme'];
  const parsed = /^\d*$/.test(String(port))
    ? parseProxyUrl(`${typeof scheme === 'string' && scheme !== '' ? scheme : defaultScheme}://${host.host}:${port}`)
    : undefined;
  if (parsed?.ok === true) return { kind: 'url', ...parsed.value };
  const reason =
    parsed?.part === 'scheme' ? `protocol ${parsed.reason}` : 'port must be a whole number from 1 to 65535';
  return { kind: 'none', fate: 'skipped', reason };
}

/**
 * True unless nothing in a text can be a username or a password: an `@`, the colons of `host:port:user:password`, and whatever else
 * separates fields may stand before one, and a port that is no number is one.
 */
export function mayHoldCredentials(text: string): boolean {
  const place = text.replace(/^[a-z0-9]+:\/\//i, '');
  if (maskProxyUrl(text) !== text || /[@|;,]/.test(place) || place.split(':').length > 2) return true;
  // Words are a note; with a colon among them they may be fields.
  return /:(?!\d{1,5}\/?$)/.test(place) || (/\s/.test(place.trim()) && place.includes(':'));
}
