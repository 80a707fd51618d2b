import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import { resealTokens, type TokenMember } from './reseal.ts';

/**
 * Traces of a token: the beginning of a Fernet token in hex and in plain form, and the end of the name of a member that
 * contains one. None is longer than {@link LONGEST_TRACE} bytes.
 */
const TRACES = [Buffer.from('674141414141'), Buffer.from('gAAAAA'), Buffer.from('_encrypted"')] as const;
/**
 * Length of the longest trace of a token, in bytes: how far chunks must overlap for a search by {@link mayHoldToken}.
 */
export const LONGEST_TRACE = 12;

/** Matches a token, or a URL. Matching is linear in the length of the input. */
const MEMBER =
  /"(?<member>username_encrypted|password_encrypted)":\s?"(?<token>[0-9a-fA-F]*)"|"proxy_url":\s?(?<url>"(?:[^"\\]|\\.)*")/g;
const NO_TOKEN = /"(?:username|password)_encrypted":\s?null/g;
/** Maximum number of tokens that are tried: two records in one line have four. */
const MOST_TOKENS = 32;

/** The result of sealing the tokens of a damaged record again. */
export interface ResealedText {
  /** The bytes with new tokens in place of old ones, otherwise unchanged; `undefined` if nothing changed. */
  readonly bytes: Buffer | undefined;
  /** True if something is left that may be a token and could not be sealed again. */
  readonly isLeft: boolean;
}

const BUFFER: ArgumentKind = Object.freeze({ wanted: 'must be bytes (a Buffer)', isRight: Buffer.isBuffer });

interface Groups {
  readonly member?: TokenMember;
  readonly token?: string;
  readonly url?: string;
}

/** True if the bytes may contain a token, whole or in part. Throws a CacheValidationError unless they are a Buffer. */
export function mayHoldToken(bytes: Buffer): boolean {
  if (!Buffer.isBuffer(bytes)) checkArgument('bytes', bytes, BUFFER);
  return TRACES.some((trace) => bytes.includes(trace));
}

/**
 * Seals the tokens in a damaged JSON record again with the cipher's current key. The bytes may be anything: half a
 * record, two records in one line, not JSON at all. A token is bound to the URL of its record or, if the bytes are not
 * a JSON record, to the last URL before it.
 */
export function resealText(bytes: Buffer, cipher: CredentialCipher): ResealedText {
  if (typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
  if (!mayHoldToken(bytes)) return { bytes: undefined, isLeft: false };
  // Latin-1 maps each byte to one character, whatever the encoding of the bytes.
  const text = bytes.toString('latin1');
  const record = recordIn(bytes);
  let [result, rest, end, tokens, before] = ['', '', 0, 0, ''];
  for (const match of text.matchAll(MEMBER)) {
    const { member, token, url } = match.groups as Groups;
    if (url !== undefined) before = url;
    if (member === undefined || token === undefined) continue;
    if (++tokens > MOST_TOKENS) break;
    const proxyUrl = record === undefined ? parse(Buffer.from(before, 'latin1').toString('utf8')) : record['proxy_url'];
    const { fresh, isUnreadable } = resealTokens({ proxy_url: proxyUrl, [member]: token }, cipher);
    const between = text.slice(end, match.index);
    const whole = match[0];
    end = match.index + whole.length;
    result += between + (fresh[member] === undefined ? whole : whole.replace(token, fresh[member]));
    rest += isUnreadable ? between + whole : between;
  }
  result += text.slice(end);
  rest += text.slice(end);
  return {
    bytes: result === text ? undefined : Buffer.from(result, 'latin1'),
    isLeft: mayHoldToken(Buffer.from(rest.replace(NO_TOKEN, ''), 'latin1')),
  };
}

function recordIn(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  const value = parse(bytes.toString('utf8'));
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** The parsed value; `undefined` for invalid JSON. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
