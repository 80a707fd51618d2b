import { isIPv6 } from 'node:net';

const IPV4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`;
const BRACKETED = String.raw`\[[\da-f:.]{2,45}(?:%[\w.~-]{1,32})?\]`;
// Names that cannot be users: `john.doe` may be one, `gate.example.com` is not.
const DOMAINS =
  'com|net|org|io|dev|app|co|info|biz|eu|uk|de|fr|ru|cn|example|test|invalid|local|internal|lan|arpa|onion';
const NAME = String.raw`(?:[a-z\d_-]{1,63}\.){1,10}(?:${DOMAINS})`;
const SURE = `(?:${IPV4}|${BRACKETED}|localhost|${NAME})`;

const SURE_PLACE = new RegExp(String.raw`${SURE}(?::(\d{1,5}))?(?=[\s/\\?#"'<>\x60,;(){}|\]]|[.!:](?:\s|$)|$)`, 'iy');
const SURE_HOST_AND_MORE = new RegExp(String.raw`${SURE}:\d{1,5}:(?=.)`, 'iy');
const SURE_HOST = new RegExp(`^${SURE}$`, 'i');
const DOTTED = /^[a-z\d_-]+(?:\.[a-z\d_-]+)+$/i;
const LABEL = /^[a-z][a-z\d_-]*$/i;

/** The end of a host (with its port, if any) that cannot be a username; -1 if there is none at `start`. */
export function endOfSurePlace(text: string, start: number): number {
  SURE_PLACE.lastIndex = start;
  const match = SURE_PLACE.exec(text);
  return match === null || !isPort(match[1] ?? '0') ? -1 : SURE_PLACE.lastIndex;
}

/**
 * The end of a `host:port:` that is followed by more fields, as in `host:port:user:password`; -1 if there is none at
 * `start`.
 */
export function endOfListPlace(text: string, start: number): number {
  SURE_HOST_AND_MORE.lastIndex = start;
  return SURE_HOST_AND_MORE.test(text) ? SURE_HOST_AND_MORE.lastIndex : -1;
}

export function isSureHost(text: string): boolean {
  return SURE_HOST.test(text);
}

/** A host name with a dot. */
export function isDotted(text: string): boolean {
  return DOTTED.test(text);
}

export function isHostLike(text: string): boolean {
  return isSureHost(text) || isDotted(text) || LABEL.test(text);
}

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/**
 * True for a host with no port, an empty port, or a port of up to five digits, even if it is out of range: anything
 * else after the colon is a password.
 */
export function isPlace(text: string): boolean {
  if (text.startsWith('[')) return /^\[[\da-f:.]*(?:%[\w.~-]*)?(?:\](?::\d{0,5})?)?$/i.test(text);
  const colon = text.indexOf(':');
  if (colon < 0) return true;
  const port = text.slice(colon + 1);
  return /^\d{0,5}$/.test(port) || isIPv6(text);
}
