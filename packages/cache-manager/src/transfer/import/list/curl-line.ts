import type { ProxyScheme } from '@pw/cache-models';
import { shellWords } from './shell-words.ts';
import { readToken } from './token/read-token.ts';
import { FORMS } from './token/reasons.ts';
import { failed, skipped, type TokenReading } from './token/token-reading.ts';

/** Characters of the longest command that is recognised. */
const LONGEST = 16_384;
const BEGINNING = /^(?:\$\s+)?curl\s|^(?:-x|--proxy|--socks[45]\w*(?:-hostname)?)[\s=]/;

/** Options that name the proxy, and the scheme that they imply. */
const SCHEMES: ReadonlyMap<string, ProxyScheme | undefined> = new Map([
  ['-x', undefined],
  ['--proxy', undefined],
  ['--socks4', 'socks4'],
  ['--socks4a', 'socks4a'],
  ['--socks5', 'socks5'],
  ['--socks5-hostname', 'socks5h'],
]);
const USER_OPTIONS: ReadonlySet<string> = new Set(['-U', '--proxy-user']);
const HEADER_OPTIONS: ReadonlySet<string> = new Set(['-H', '--header', '--proxy-header']);
/** Short options that take a value, besides `-x` and `-U`. */
const WITH_VALUE = 'AbcCdDeEFHhKmoPQrTtuwXYyz';

const TWO_USERS = 'has a user both in the proxy URL and in -U: remove one of them';
const NO_PROXY = 'is a curl command without a proxy: add -x and the proxy, with its port';
const OPEN_QUOTE = 'is a curl command with an unclosed quote';
const IN_HEADER = 'passes the proxy credentials in a header: use -U user:password instead';

/** True for a curl command, or just its proxy options. */
export function isCurlLine(text: string): boolean {
  const first = text.charCodeAt(0);
  // `-`, `c` or `$`: cheaply rules out most lines.
  if (first !== 0x2d && first !== 0x63 && first !== 0x24) return false;
  return text.length <= LONGEST && BEGINNING.test(text);
}

/**
 * The proxy of `curl -x PROXY -U USER:PASSWORD`; the target URL is ignored. If an option is repeated, the last one
 * counts, as in curl.
 */
export function readCurlLine(
  text: string,
  options: { readonly defaultScheme: ProxyScheme; readonly bareNames: boolean },
): TokenReading {
  const words = shellWords(text);
  if (words === undefined) return failed(OPEN_QUOTE);
  let proxy: { readonly text: string; readonly scheme: ProxyScheme | undefined } | undefined;
  let user: string | undefined;
  let hasProxyOption = false;
  for (const { option, value } of optionsOf(words)) {
    if (SCHEMES.has(option)) {
      hasProxyOption = true;
      if (value !== undefined) proxy = { text: value, scheme: SCHEMES.get(option) };
    } else if (USER_OPTIONS.has(option)) {
      hasProxyOption = true;
      user = value;
    } else if (HEADER_OPTIONS.has(option) && /^proxy-authorization:/i.test(value ?? '')) return failed(IN_HEADER);
  }
  if (proxy === undefined) return hasProxyOption ? failed(NO_PROXY) : skipped(FORMS);
  const reading = readToken(proxy.text, proxy.scheme ?? options.defaultScheme, true);
  if (!reading.ok || user === undefined) return reading;
  if (reading.value.username !== null) return failed(TWO_USERS);
  const colon = user.indexOf(':');
  const username = colon < 0 ? user : user.slice(0, colon);
  const password = colon < 0 ? null : user.slice(colon + 1);
  return { ...reading, value: { ...reading.value, username, password: password || null } };
}

interface Option {
  readonly option: string;
  readonly value: string | undefined;
}

/** `--name value`, `--name=value`, `-x value`, `-xvalue`, and `-sx value`. */
function* optionsOf(words: readonly string[]): Generator<Option> {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      if (equals > 0) yield { option: word.slice(0, equals), value: word.slice(equals + 1) };
      else if (takesValue(word)) yield { option: word, value: words[++i] };
    } else if (/^-[a-z]/i.test(word)) {
      const at = [...word.slice(1, MOST_LETTERS)].findIndex((letter) => `xU${WITH_VALUE}`.includes(letter)) + 1;
      if (at === 0) continue;
      const rest = word.slice(at + 1);
      yield { option: `-${word[at]!}`, value: rest === '' ? words[++i] : rest };
    }
  }
}

/** Characters inspected of a word of combined short options. */
const MOST_LETTERS = 64;

function takesValue(option: string): boolean {
  return SCHEMES.has(option) || USER_OPTIONS.has(option) || HEADER_OPTIONS.has(option);
}
