import { copyOf } from './copy-of.ts';

/** The schemes of a proxy endpoint. */
export const PROXY_SCHEMES = Object.freeze(['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const);
export type ProxyScheme = (typeof PROXY_SCHEMES)[number];

export interface ParsedProxyUrl {
  readonly scheme: ProxyScheme;
  /** Lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** `scheme://host:port`: lower case, no credentials, no trailing slash. */
  readonly url: string;
  /** Percent-decoded; `null` when absent or empty. */
  readonly username: string | null;
  readonly password: string | null;
}

export type ProxyUrlResult =
  | { readonly ok: true; readonly value: ParsedProxyUrl }
  | { readonly ok: false; readonly reason: string };

const HOST = /^[^\s\p{Cc}/?#@:[\]\\<>"`{}|^]+$/u;
const IPV6 = /^\[([0-9a-f:.]+)(%[0-9a-z._~-]+)?\]$/i;

/**
 * Takes a proxy URL apart. A reason never quotes the URL: it may hold a password.
 * Host names keep their script (no punycode): an endpoint is stored as it was given.
 */
export function parseProxyUrl(text: string): ProxyUrlResult {
  const colon = text.indexOf('://');
  const scheme = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
  if (!(PROXY_SCHEMES as readonly string[]).includes(scheme)) {
    return { ok: false, reason: `must begin with one of ${PROXY_SCHEMES.map((s) => `${s}://`).join(', ')}` };
  }
  const rest = text.slice(colon + 3).replace(/\/$/, '');
  const at = rest.lastIndexOf('@');
  const place = parsePlace(rest.slice(at + 1));
  if (!place.ok) return place;
  const user = at < 0 ? [null, null] : splitUserInfo(rest.slice(0, at));
  const normal = `${scheme}://${place.host}:${place.port}`;
  const url = normal === text ? text : copyOf(normal);
  return {
    ok: true,
    value: {
      scheme: scheme as ProxyScheme,
      host: place.host,
      port: place.port,
      url,
      username: user[0] ?? null,
      password: user[1] ?? null,
    },
  };
}

type Place =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly reason: string };

function parsePlace(text: string): Place {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  if (colon < 0 || text.endsWith(']') || !/^\d{1,5}$/.test(digits)) {
    return { ok: false, reason: 'must end with a port, such as http://host:8080, and hold no path' };
  }
  const port = Number(digits);
  if (port < 1 || port > 65535) return { ok: false, reason: 'must have a port from 1 to 65535' };
  const host = text.slice(0, colon).toLowerCase();
  if (!isHost(host))
    return { ok: false, reason: 'must have a host: a name, an IPv4 address or an IPv6 address in brackets' };
  return { ok: true, host, port };
}

function isHost(host: string): boolean {
  if (!host.startsWith('[')) return HOST.test(host);
  const match = IPV6.exec(host);
  return match !== null && URL.canParse(`http://[${match[1]}]/`);
}

function splitUserInfo(text: string): [string | null, string | null] {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return [decode(user) || null, decode(password) || null];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign is part of the credential, not an error.
    return text;
  }
}
