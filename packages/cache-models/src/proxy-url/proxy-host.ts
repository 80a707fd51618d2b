import { domainToASCII, domainToUnicode } from 'node:url';
import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { describeCharacter, isInvisible, trimmed } from '../text/invisible-characters.ts';

/** A host in canonical form, or the reason why it is not valid. A reason quotes at most one character of the input. */
export type ProxyHostResult =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly reason: string };

/** Maximum length of a name in octets, as in DNS. */
const MAX_NAME = 253;
const MAX_LABEL = 63;
/** Maximum length of the input: a letter of a name may be written with several combining marks. */
const MAX_TEXT = 1000;
/** Maximum length of an IPv6 address: eight groups, the last two as IPv4. */
const MAX_IPV6 = 45;

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);
const LABEL = '[a-z\\d_](?:[a-z\\d_-]{0,61}[a-z\\d_])?';
/** An ASCII name whose last label is not a number: a name that ends in a number would be an IPv4 address. */
const NAME = new RegExp(`^(?:${LABEL}\\.)*(?!\\d+$|0x[\\da-f]*$)${LABEL}$`);
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)$/;
const BARE_IPV6 = /^[\da-f:.]+(?:%.*)?$/is;
const BRACKETS = /^\[([\da-f:.]+)(?:%([\da-z._~-]+))?\]$/i;

/**
 * Characters of a name before UTS 46 maps it: letters, marks, digits, and `-`, `_` and dots in ASCII, full-width and
 * ideographic form.
 */
const WRITTEN = /^[\p{L}\p{M}\p{N}_.\-\u3002\uff0e\uff61\uff0d\uff3f]$/u;
const UNICODE_LABEL = /^[\p{L}\p{M}\p{N}_-]+$/u;
/** A combining mark must follow a letter: on a digit it would turn what looks like an address into another name. */
const STRAY_MARK = /(?<![\p{L}\p{M}])\p{M}/u;
const UNICODE_NUMBER = /^\p{N}+$/u;

const NO_HOST = 'must have a host: a name, an IPv4 address or an IPv6 address in brackets';
const NO_IPV4 =
  'must have an IPv4 address of four numbers from 0 to 255 without leading zeros, or a name that does not end in a number';
const NO_IPV6 = 'must have a valid IPv6 address between the brackets of its host';
const NO_BRACKETS = 'must have its IPv6 address in brackets, such as [2001:db8::1]:8080';
const NO_LABEL =
  'must have a host whose parts between the dots are 1 to 63 letters, digits, - and _, with no - at their ends';
const NO_UNICODE_NAME = 'must have a host that is a valid internationalized name (UTS 46)';
const TOO_LONG = `must have a host of at most ${MAX_NAME} characters`;

/**
 * Parses the host of a proxy; this is the only grammar for hosts. All spellings of the same host have one canonical
 * form:
 *
 * - an IPv4 address of four numbers from 0 to 255 without leading zeros;
 * - an IPv6 address in brackets, in the form of RFC 5952 and the URL standard: lower case, the longest run of zeros
 *   omitted, an embedded IPv4 address in hexadecimal. A zone id is kept; `%25` before it (RFC 6874) means `%`;
 * - a name in lower-case ASCII: labels of 1 to 63 letters, digits, `-` and `_`, with no `-` at either end, at most 253
 *   characters in total; one trailing dot is removed. Names in other scripts are mapped by UTS 46 to `xn--` labels;
 *   given `xn--` labels must be valid. The last label must not be a number.
 *
 * Symbols and invisible characters are refused, except for invisible characters at the ends, which are removed. The
 * cost is linear in the length, and bounded. Throws a CacheValidationError unless `given` is a string.
 *
 * @example
 * ```ts
 * parseProxyHost('Bücher.example'); // { ok: true, host: 'xn--bcher-kva.example' }
 * ```
 */
export function parseProxyHost(given: string): ProxyHostResult {
  if (typeof given !== 'string') checkArgument('given', given, Kinds.string);
  return readHost(given);
}

/** As {@link parseProxyHost}, without the argument check. */
export function readHost(given: string): ProxyHostResult {
  const lower = given.toLowerCase();
  if (isPlainHost(lower)) return { ok: true, host: lower };
  const text = trimmed(given);
  if (text === '') return refused(NO_HOST);
  if (text.length > MAX_TEXT) return refused(TOO_LONG);
  if (text.startsWith('[')) return parseIpv6(text);
  const colon = text.indexOf(':');
  if (colon >= 0) return refused(text.includes(':', colon + 1) && BARE_IPV6.test(text) ? NO_BRACKETS : NO_HOST);
  for (const char of text) if (isInvisible(char) || !WRITTEN.test(char)) return refused(noHost(char));
  return parseName(text);
}

const DOT = 46;
const HYPHEN = 45;
const UNDERSCORE = 95;

/** True for most hosts, in one pass: an IPv4 address, or an ASCII name without `--`, which `xn--` labels contain. */
function isPlainHost(text: string): boolean {
  const { length } = text;
  if (length > MAX_NAME) return false;
  let start = 0;
  let before = DOT;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (before === DOT || before === HYPHEN || i - start > MAX_LABEL) return false;
      start = i + 1;
    } else if (code === HYPHEN) {
      if (before === DOT || before === HYPHEN) return false;
    } else if (!isLetter(code) && !isDigit(code) && code !== UNDERSCORE) return false;
    before = code;
  }
  if (before === DOT || before === HYPHEN || length - start > MAX_LABEL) return false;
  return !isDigit(text.charCodeAt(start)) || IPV4.test(text) || !ENDS_IN_NUMBER.test(text);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

function parseIpv6(text: string): ProxyHostResult {
  const match = BRACKETS.exec(text);
  if (match === null) return refused(NO_IPV6);
  const [, address, zone] = match;
  if (address!.length > MAX_IPV6) return refused(NO_IPV6);
  const url = URL.parse(`http://[${address}]/`);
  if (url === null) return refused(NO_IPV6);
  if (zone === undefined) return { ok: true, host: url.hostname };
  return { ok: true, host: `${url.hostname.slice(0, -1)}%${plainZone(zone)}]` };
}

/** Removes the `25` of an encoded `%`, unless the rest would again look like an encoded `%`. */
function plainZone(zone: string): string {
  const isEncoded = zone.startsWith('25') && zone.length > 2;
  return isEncoded && !/^25./.test(zone.slice(2)) ? zone.slice(2) : zone;
}

function parseName(text: string): ProxyHostResult {
  // The appended label keeps the URL parser, which does the mapping, from reading the name as a legacy IPv4 address.
  const mapped = domainToASCII(`${text.replace(/[.\u3002\uff0e\uff61]$/u, '')}.a`);
  if (mapped === '') return refused(NO_UNICODE_NAME);
  const host = mapped.slice(0, -2);
  if (IPV4.test(host)) return { ok: true, host };
  if (host.length > MAX_NAME) return refused(TOO_LONG);
  if (ENDS_IN_NUMBER.test(host)) return refused(NO_IPV4);
  if (!NAME.test(host)) return refused(NO_LABEL);
  const labels = host.split('.');
  const isValid = labels.every((label, i) => !label.startsWith('xn--') || isPunycode(label, i === labels.length - 1));
  return isValid ? { ok: true, host } : refused(NO_UNICODE_NAME);
}

/**
 * The decoded label must consist of letters, digits and marks, and encode to the same label: not every version of
 * Node.js checks this.
 */
function isPunycode(label: string, isLast: boolean): boolean {
  const decoded = domainToUnicode(`${label}.a`).slice(0, -2);
  if (decoded === label || !UNICODE_LABEL.test(decoded) || STRAY_MARK.test(decoded)) return false;
  if (isLast && UNICODE_NUMBER.test(decoded)) return false;
  for (const char of decoded) if (isInvisible(char)) return false;
  return domainToASCII(`${decoded}.a`) === `${label}.a`;
}

function noHost(char: string): string {
  return `must have a host of letters, digits, - and _ between dots, not ${describeCharacter(char)}`;
}

function refused(reason: string): ProxyHostResult {
  return { ok: false, reason };
}
