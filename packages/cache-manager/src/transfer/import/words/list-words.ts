import type { ProxyScheme } from '@pw/cache-models';
import { isCountryCode } from './country-codes.ts';

const SCHEME_WORDS: ReadonlyMap<string, ProxyScheme> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['socks4', 'socks4'],
  ['socks4a', 'socks4a'],
  ['socks', 'socks5'],
  ['socks5', 'socks5'],
  ['socks5h', 'socks5h'],
]);

/** Longer than any word in these tables: avoids converting long text to lower case. */
const LONGEST = 24;

/**
 * The scheme that a word next to an address names, case-insensitively, with or without a trailing colon. `PROXY` means
 * HTTP in PAC files.
 */
export function schemeOfWord(word: string): ProxyScheme | undefined {
  if (word.length > LONGEST) return undefined;
  const plain = word.replace(/[:=]$/, '');
  return plain === 'PROXY' ? 'http' : SCHEME_WORDS.get(plain.toLowerCase());
}

const LEADING = wordsOf('proxy proxies server addr address return direct add export set');

/** True for a word that carries no meaning before an address: `Proxy:`, `US`. */
export function isLeadingWord(word: string): boolean {
  return isCountryCode(word) || isAmong(LEADING, word);
}

const NOTES = wordsOf(
  'elite anonymous transparent distorting high medium low noa anm hia yes no true false ssl google level1 level2 level3 l1 l2 l3 ' +
    'fast slow ok alive dead up down good bad working failed failure success online offline unknown none null nan new old ' +
    'residential datacenter mobile isp hosting shared private public rotating sticky static dedicated free premium ' +
    'ipv4 ipv6 ms s sec second seconds minute minutes min hour hours day days ago proxy direct',
);
const NUMBER = /^[+-]?\d[\d.,:/-]*(?:ms|s|sec|%|[km]?b(?:ps|\/s))?$/i;

/** A word after an address: a usual note, a number, which may be a note or a password, or anything else. */
export type NoteKind = 'note' | 'number' | 'other';

export function kindOfNote(word: string): NoteKind {
  if (word.length > LONGEST) return 'other';
  if (/^[([{<=]/.test(word) || (isCountryCode(word.slice(0, 2)) && /^..(?:-|$)/.test(word))) return 'note';
  if (isAmong(NOTES, word) || schemeOfWord(word) !== undefined) return 'note';
  return NUMBER.test(word) ? (/^\d+$/.test(word) ? 'number' : 'note') : 'other';
}

const KEYS = wordsOf(
  'ping country cc speed latency type anonymity anon level ssl https google time uptime city region isp asn org source last ' +
    'checked port status score protocol protocols',
);

/** True for the name in a note such as `ping:20ms`, which is not a username and password. */
export function isNamedNote(name: string): boolean {
  return isAmong(KEYS, name);
}

const HEADINGS = wordsOf(
  'total proxies proxy count number updated update last checked date time port ports page pages version lines found alive ' +
    'working http https socks4 socks5 socks list elite anonymous transparent unique size length good bad dead ip',
);

/** True for the first word of a heading such as `Total:402`. */
export function isHeading(word: string): boolean {
  return isAmong(HEADINGS, word);
}

function isAmong(words: ReadonlySet<string>, word: string): boolean {
  return word.length <= LONGEST && words.has(word.toLowerCase().replace(/[:=]$/, ''));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
