import type { ProxyScheme } from '@pw/cache-models';
import { SCHEMES_BY_USE } from './scheme-order.ts';

const WORDS: ReadonlyMap<string, ProxyScheme> = new Map<string, ProxyScheme>([
  ...SCHEMES_BY_USE.map((scheme) => [scheme, scheme] as const),
  ['socks', 'socks5'],
  ['connect', 'http'],
  ['ssl', 'https'],
]);

/** Words next to a scheme that are ignored. */
const IGNORED: ReadonlySet<string> = new Set([
  ...['', 's', 'and', 'or', 'proxy', 'proxies', 'transparent', 'anonymous', 'elite', 'distorting', 'noa', 'anm', 'hia'],
]);

/** The words that programs write for an absent value. */
const NOTHING: ReadonlySet<string> = new Set(['', '-', 'none', 'null', 'nan', 'n/a', 'unknown', 'any', 'auto']);
/** Protocols that are not supported. */
const FOREIGN: ReadonlySet<string> = new Set([
  ...['ss', 'ssr', 'shadowsocks', 'shadowsocksr', 'vmess', 'vless', 'trojan', 'hysteria', 'hysteria2', 'hy2', 'tuic'],
  ...['wireguard', 'snell', 'ssh', 'quic', 'vpn', 'openvpn', 'ftp', 'naive', 'anytls', 'mtproto'],
]);
const NO_PROXY: ReadonlySet<string> = new Set(['direct', 'pac', 'wpad']);

const MAX_TEXT = 128;

/**
 * The scheme that a string names, or the preferred one of several; `nothing` if it is empty, `direct` if it means that
 * there is no proxy, `foreign` for an unsupported protocol.
 */
export type NamedScheme = ProxyScheme | 'nothing' | 'direct' | 'foreign' | 'unknown';

export function namedScheme(text: string): NamedScheme {
  const known = WORDS.get(text);
  if (known !== undefined) return known;
  const lower = text.trim().toLowerCase();
  if (NOTHING.has(lower)) return 'nothing';
  if (lower.length > MAX_TEXT) return 'unknown';
  if (NO_PROXY.has(lower)) return 'direct';
  if (FOREIGN.has(lower)) return 'foreign';
  return namedByWords(lower);
}

function namedByWords(lower: string): NamedScheme {
  let best: ProxyScheme | undefined;
  // Normalises `SOCKS 5`, `socks-v5`, `SOCKS4/5` and `CONNECT:80`.
  const text = lower
    .replace(/socks[\s_-]*v?(?=[45])/g, 'socks')
    .replace(/(socks4a?)\s*\/\s*(?=5)/g, '$1/socks')
    .replace(/:\d+\b/g, '')
    .replace(/:\/\/$/, '');
  for (const word of text.split(/[^a-z\d]+/)) {
    const scheme = WORDS.get(word);
    if (scheme === undefined && !IGNORED.has(word)) return 'unknown';
    best = betterScheme(best, scheme);
  }
  return best ?? 'unknown';
}

export function betterScheme(one: ProxyScheme | undefined, other: ProxyScheme | undefined): ProxyScheme | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return SCHEMES_BY_USE.indexOf(other) < SCHEMES_BY_USE.indexOf(one) ? other : one;
}

export function isScheme(named: NamedScheme): named is ProxyScheme {
  return named !== 'nothing' && named !== 'direct' && named !== 'foreign' && named !== 'unknown';
}
