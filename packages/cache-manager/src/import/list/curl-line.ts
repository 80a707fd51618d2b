import type { ProxyScheme } from '@pw/cache-models';
import { tokensOf } from './line-tokens.ts';
import { readToken } from './read-token.ts';
import { FORMS } from './reasons.ts';
import { failed, skipped, type TokenReading } from './token-reading.ts';

/** Longest command that is read as one. */
const LONGEST = 16_384;
const BEGINNING = /^(?:\$\s+)?curl\s|^(?:-x|--proxy|--socks[45]\w*(?:-hostname)?)[\s=]/;

const SCHEMES: ReadonlyMap<string, ProxyScheme | undefined> = new Map([
  ['-x', undefined],
  ['--proxy', undefined],
  ['--socks4', 'socks4'],
  ['--socks4a', 'socks4a'],
  ['--socks5', 'socks5'],
  ['--socks5-hostname', 'socks5h'],
]);
const USER_OPTIONS: ReadonlySet<string> = new Set(['-U', '--proxy-user']);

const TWO_USERS = 'names a user in the proxy and by an option of its own: write one of them';
const NO_PROXY = 'is a command without a proxy: write -x and the proxy, with its port';

/** True for a command of curl, or for its options that name a proxy. */
export function isCurlLine(text: string): boolean {
  const first = text.charCodeAt(0);
  // Of `-`, `c` and `$`: most lines are no command.
  if (first !== 0x2d && first !== 0x63 && first !== 0x24) return false;
  return text.length <= LONGEST && BEGINNING.test(text);
}

/** The proxy of `curl -x PROXY -U USER:PASSWORD`; where a command goes is passed over. */
export function readCurlLine(
  text: string,
  options: { readonly defaultScheme: ProxyScheme; readonly bareNames: boolean },
): TokenReading {
  let proxy: TokenReading | undefined;
  let user: string | undefined;
  let option: string | undefined;
  for (const { text: part } of tokensOf(text.replace(/\s(--[a-z\d-]+)=/g, ' $1 ').replace(/^(--[a-z\d-]+)=/, '$1 '))) {
    if (option === undefined) {
      if (SCHEMES.has(part) || USER_OPTIONS.has(part)) option = part;
      continue;
    }
    if (USER_OPTIONS.has(option)) user ??= part;
    else proxy ??= readToken(part, SCHEMES.get(option) ?? options.defaultScheme, true);
    option = undefined;
  }
  if (proxy === undefined)
    return user === undefined && !/\s-(?:x|-proxy)\s/.test(text) ? skipped(FORMS) : failed(NO_PROXY);
  if (!proxy.ok || user === undefined) return proxy;
  if (proxy.value.username !== null) return failed(TWO_USERS);
  const colon = user.indexOf(':');
  const username = colon < 0 ? user : user.slice(0, colon);
  const password = colon < 0 ? null : user.slice(colon + 1);
  return { ...proxy, value: { ...proxy.value, username, password: password || null } };
}
