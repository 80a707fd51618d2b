import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import { resealTokens, type TokenMember } from './reseal.ts';

/** How a Fernet token begins, in a record (hex) and as it is; and how a member ends that holds one. None is longer than {@link LONGEST_TRACE}. */
const TRACES = [Buffer.from('674141414141'), Buffer.from('gAAAAA'), Buffer.from('_encrypted"')] as const;
export const LONGEST_TRACE = 12;

/** A token, or the URL before it. Every way through a text is linear in its length. */
const MEMBER =
  /"(?<member>username_encrypted|password_encrypted)":\s?"(?<token>[0-9a-fA-F]*)"|"proxy_url":\s?(?<url>"(?:[^"\\]|\\.)*")/g;
const NO_TOKEN = /"(?:username|password)_encrypted":\s?null/g;
/** Tokens that are tried: two records in one line have four. */
const MOST_TOKENS = 32;

/** What became of a damaged record. */
export interface ResealedText {
  /** The bytes with fresh tokens in the place of old ones, the same apart from them; `undefined` for no change. */
  readonly bytes: Buffer | undefined;
  /** True if something that may be a token is left that could not be sealed again. */
  readonly isLeft: boolean;
}

const BUFFER: ArgumentKind = Object.freeze({ wanted: 'must be bytes (a Buffer)', isRight: Buffer.isBuffer });

interface Groups {
  readonly member?: TokenMember;
  readonly token?: string;
  readonly url?: string;
}

/** True if bytes may hold a sealed token, whole or in part. */
export function mayHoldToken(bytes: Buffer): boolean {
  if (!Buffer.isBuffer(bytes)) checkArgument('bytes', bytes, BUFFER);
  return TRACES.some((trace) => bytes.includes(trace));
}

/**
 * Seals the tokens in a damaged JSON record again. The bytes may be anything: half a record, two in one, no JSON. A token goes
 * with the URL of its record, or where that cannot be read as one, with the URL that stands before it.
 */
export function resealText(bytes: Buffer, cipher: CredentialCipher): ResealedText {
  if (typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
  if (!mayHoldToken(bytes)) return { bytes: undefined, isLeft: false };
  // A byte is a character of the text, whatever it stands for.
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

/** `undefined` for what is no JSON. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
