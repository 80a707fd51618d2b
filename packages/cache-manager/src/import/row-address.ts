import { maskProxyUrl, type ProxyScheme, parseProxyUrl } from '@pw/cache-models';
import { parsePlainLine } from './plain-line.ts';

/** The endpoint of a row: a URL that parses, or a text that only ProxyWhirl would hold. */
export type RowAddress =
  | { readonly kind: 'url'; readonly url: string; readonly username: string | null; readonly password: string | null }
  | { readonly kind: 'odd'; readonly text: string; readonly reason: string }
  | { readonly kind: 'none'; readonly reason: string };

type Row = Readonly<Record<string, unknown>>;

/**
 * Finds the endpoint in `proxy_url`, or else in `ip` (or `host`), `port` and `protocol`.
 *
 * ProxyWhirl takes any non-empty text as a URL, so a file of its own may hold one that is none; it is kept as it is.
 * Only a text that may contain credentials is refused then: the field is stored in clear.
 */
export function readAddress(row: Row, defaultScheme: ProxyScheme): RowAddress {
  const given = row['proxy_url'];
  const text = given === undefined ? fromParts(row, defaultScheme) : given;
  if (typeof text !== 'string' || text === '') return { kind: 'none', reason: 'has no proxy_url' };
  const parsed = parseProxyUrl(text);
  if (parsed.ok) return { kind: 'url', ...parsed.value };
  const plain = parsePlainLine(text, defaultScheme);
  if (plain.ok) return { kind: 'url', ...plain.value };
  if (given === undefined || mayHoldCredentials(text)) return { kind: 'none', reason: `proxy_url ${parsed.reason}` };
  return { kind: 'odd', text, reason: `proxy_url ${parsed.reason}; it was kept as it is` };
}

function fromParts(row: Row, defaultScheme: ProxyScheme): string | undefined {
  const host = row['ip'] ?? row['host'];
  const port = row['port'];
  if (typeof host !== 'string' || host === '') return undefined;
  if (typeof port !== 'number' && typeof port !== 'string') return undefined;
  const scheme = row['protocol'] ?? row['scheme'];
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${typeof scheme === 'string' && scheme !== '' ? scheme : defaultScheme}://${name}:${port}`;
}

/** An `@` parts credentials from a host, and so do the colons of `host:port:user:password`; a port that is no number is one. */
function mayHoldCredentials(text: string): boolean {
  return (
    maskProxyUrl(text) !== text || text.includes('@') || text.replace(/^[a-z0-9]+:\/\//i, '').split(':').length > 2
  );
}
