import { SECRET_MASK } from '../secrets/secret.ts';
import { asciiLowerCase } from '../text/ascii-lower-case.ts';
import { findAll, findApart } from './find-all.ts';
import type { TextView } from './text-view.ts';

/** A secret of at least this many characters is masked wherever it occurs, in upper or lower case. */
const ANYWHERE = 4;
/**
 * A secret of at least this many is masked as a whole word; a shorter one only next to the punctuation of credentials.
 */
const AS_WORD = 3;
/** A secret of at least this many bytes is recognized inside the base64 of a longer string. */
const IN_BASE64 = 5;

const WORD = /[\p{L}\p{N}]/u;
const BESIDE_CREDENTIALS = /[:@="'`]/;

/** Marks known secrets in all views of a text, and base64 strings that contain one. */
export function markSecrets(views: readonly TextView[], secrets: readonly string[]): void {
  const found = secrets.filter((secret) => secret !== '');
  const plain = new Set(found.filter(isNotPartOfMask).flatMap((secret) => [secret, secret.replaceAll(' ', '+')]));
  const longest = Math.max(...views.map(({ text }) => longestRun(text)));
  const encoded = new Set([...found, found.join(':')].flatMap((secret) => inBase64(secret, longest)));
  for (const view of views) {
    const folded = asciiLowerCase(view.text);
    for (const secret of plain) markPlain(view, folded, secret);
    markBase64(view, encoded);
  }
}

/** False for `*`, `**` and `***`: they would be found in masks, which would grow each time a text is masked again. */
function isNotPartOfMask(secret: string): boolean {
  return secret.length >= ANYWHERE || !SECRET_MASK.includes(secret);
}

function markPlain(view: TextView, folded: string, secret: string): void {
  if (secret.length >= ANYWHERE) {
    findAll(folded, asciiLowerCase(secret), view.mark);
    return;
  }
  const { text, mark } = view;
  const isNumber = /^\d+$/.test(secret);
  findAll(text, secret, (start, end) => {
    if (isWordAt(text, start - 1) || isWordAt(text, end)) return;
    const isFound = secret.length >= AS_WORD || isBesideCredentials(text.charAt(start - 1), text.charAt(end), isNumber);
    if (isFound) mark(start, end);
  });
}

function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code >= 0x80) return WORD.test(text[at]!);
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

/** A number after a colon is a port, unless an `@` or another colon follows, which makes it a password. */
function isBesideCredentials(before: string, after: string, isNumber: boolean): boolean {
  if (isNumber && before === ':') return after === '@' || after === ':';
  return BESIDE_CREDENTIALS.test(before) || BESIDE_CREDENTIALS.test(after);
}

/**
 * The base64 that every string with the secret in it has in common, for each of the three possible alignments; empty if
 * that is longer than any base64 in the text.
 */
function inBase64(secret: string, longest: number): string[] {
  const bytes = Buffer.from(secret);
  if (Math.floor((bytes.length * 8) / 6) - 1 > longest) return [];
  if (bytes.length < IN_BASE64) return bytes.length < 3 ? [] : [bytes.toString('base64').replace(/=+$/, '')];
  const parts = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return parts.flatMap((part) => [part, part.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** The length of the longest run of base64 characters. */
function longestRun(text: string): number {
  let longest = 0;
  for (const { length } of text.match(/[\w+/-]+/g) ?? []) longest = Math.max(longest, length);
  return longest;
}

/** By character code: 1 for the characters of either base64 alphabet. */
const BASE64 = Uint8Array.from({ length: 128 }, (_, code) => (/[\w+/=-]/.test(String.fromCharCode(code)) ? 1 : 0));

/** Marks each base64 string that contains one of the parts, as a whole. */
function markBase64({ text, mark }: TextView, parts: Iterable<string>): void {
  // The range that was marked last: a long string may contain each part a thousand times.
  let [first, last] = [0, 0];
  const markAround = (start: number, end: number): number => {
    if (start >= first && end <= last) return last;
    [first, last] = [start, end];
    while (BASE64[text.charCodeAt(first - 1)] === 1) first--;
    while (BASE64[text.charCodeAt(last)] === 1) last++;
    mark(first, last);
    return last;
  };
  for (const part of parts) findApart(text, part, markAround);
}
