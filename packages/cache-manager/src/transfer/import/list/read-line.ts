import { type ProxyScheme, parseProxyUrl } from '@pw/cache-models';
import { parseProxyHost } from '@pw/cache-models/tier';
import { MAX_FIELD_CHARACTERS } from '../import-limits.ts';
import { isLeadingWord, schemeOfWord } from '../words/list-words.ts';
import { bestScheme } from '../words/scheme-order.ts';
import { isCurlLine, readCurlLine } from './curl-line.ts';
import { LineEndpoint } from './line-endpoint.ts';
import { hasSeveralParts, type LineToken, tokensOf } from './line-tokens.ts';
import type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';
import { containsAddressWithPort } from './token/address-with-port.ts';
import { readToken } from './token/read-token.ts';
import { FORMS, NO_PORT, PORT_NOT_ADJACENT, TEXT_BEFORE } from './token/reasons.ts';
import { failed, skipped, type TokenRead, type TokenReading, type TokenRefused } from './token/token-reading.ts';

const TOO_LONG: PlainLineResult = {
  ok: false,
  fate: 'failed',
  reason: `is longer than ${MAX_FIELD_CHARACTERS.toLocaleString('en')} characters, the limit for a proxy with its credentials`,
};

export interface LineOptions extends PlainLineOptions {
  /** The text is a field of a row. Notes would be in other fields, so further text is significant. */
  readonly isField?: boolean;
}

/** The number of parts without a result after which the reader yields. */
const PARTS_PER_STEP = 64;

/**
 * Reads a trimmed line of a list: one or more endpoints, whose parts are separated by colons, spaces, commas,
 * semicolons or bars. Other text after an address is ignored and never becomes part of a password. A line without an
 * endpoint yields exactly one reason. `undefined` marks a step of work without a result.
 */
export function readLine(text: string, options: LineOptions): Iterable<PlainLineResult | undefined> {
  if (isCurlLine(text)) return [plain(readCurlLine(text, options))];
  // Text without a digit has no port.
  if (hasSeveralParts(text) && (/\d/.test(text) || text.includes('://')))
    return new LineReader(text, options).results();
  return [readWhole(text, options)];
}

/** Reads a line of one part. */
function readWhole(text: string, options: PlainLineOptions): PlainLineResult {
  if (text.length > MAX_FIELD_CHARACTERS) return TOO_LONG;
  const reading = readToken(withoutName(text), options.defaultScheme, options.bareNames);
  return plain(!reading.ok && looksLikeProxy(text, reading) ? failed(PORT_NOT_ADJACENT) : reading);
}

function plain(reading: TokenReading | PlainLineResult): PlainLineResult {
  return reading.ok ? { ok: true, value: reading.value } : { ok: false, fate: reading.fate, reason: reading.reason };
}

/** Removes the name of a variable: `http_proxy=http://host:port`. */
function withoutName(text: string): string {
  const equals = text.indexOf('=');
  if (equals < 1 || equals > 16) return text;
  const name = text.slice(0, equals);
  return schemeOfWord(name) !== undefined || /^[a-z_]*proxy$/i.test(name)
    ? text.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2')
    : text;
}

class LineReader {
  readonly #text: string;
  readonly #options: LineOptions;
  readonly #found: PlainLineResult[] = [];
  #current: LineEndpoint | undefined;
  /** A host whose port may be the next part. */
  #host: { readonly text: string; readonly isAfterText: boolean } | undefined;
  #schemes: ProxyScheme[] = [];
  /** True if the schemes of this line precede their addresses, as in PAC files. */
  #schemesLead = false;
  /** True if there is text before the address that may be part of it. */
  #hasText = false;
  /** The reason for a line without an endpoint. */
  #problem: TokenRefused = skipped(FORMS);
  #count = 0;
  #pac: boolean | undefined;

  constructor(text: string, options: LineOptions) {
    this.#text = text;
    this.#options = options;
  }

  *results(): Generator<PlainLineResult | undefined> {
    let parts = 0;
    for (const token of tokensOf(this.#text)) {
      this.#take(token);
      if (this.#found.length > 0) yield* this.#found.splice(0);
      else if (++parts % PARTS_PER_STEP === 0) yield undefined;
    }
    this.#finish();
    if (this.#count === 0)
      this.#add(looksLikeProxy(this.#text, this.#problem) ? failed(PORT_NOT_ADJACENT) : this.#problem);
    yield* this.#found;
  }

  #take(token: LineToken): void {
    const text = withoutName(token.text);
    const host = this.#host;
    this.#host = undefined;
    if (text.length > MAX_FIELD_CHARACTERS) this.#add(TOO_LONG);
    else if (host !== undefined && /^\d{1,5}$/.test(text)) this.#takePair(host.text, text, host.isAfterText);
    else if (!isMark(text)) this.#takePart(text, token.isAfterSpace);
  }

  #takePart(text: string, isAfterSpace: boolean): void {
    const scheme = schemeOfWord(text);
    if (scheme !== undefined) {
      this.#schemesLead ||= this.#current === undefined;
      this.#schemes.push(text === 'SOCKS' && this.#isPac() ? 'socks4' : scheme);
      return;
    }
    const reading = readToken(text, this.#schemeBefore, this.#options.bareNames);
    // An uncertain host counts only if nothing precedes it.
    if (reading.ok && (reading.isCertain || (this.#current === undefined && !this.#hasText)))
      this.#begin(reading, false);
    else if (this.#current === undefined) this.#takeLeading(text, reading);
    else if (reading.ok || !reading.isNear || this.#current.awaitsCredentials)
      this.#current.addNote(text, isAfterSpace);
    else {
      this.#finish();
      this.#add(reading);
    }
  }

  /** In PAC files, `SOCKS` means version 4. */
  #isPac(): boolean {
    this.#pac ??= /\b(?:PROXY|DIRECT|SOCKS5)\b/.test(this.#text);
    return this.#pac;
  }

  get #schemeBefore(): ProxyScheme {
    return (this.#schemesLead ? bestScheme(this.#schemes) : undefined) ?? this.#options.defaultScheme;
  }

  #takePair(host: string, port: string, isAfterText: boolean): void {
    if (isAfterText) {
      this.#problem = failed(TEXT_BEFORE);
      return;
    }
    this.#hasText = false;
    const url = host.includes('://') ? host : `${this.#schemeBefore}://${host}`;
    const parsed = parseProxyUrl(`${url}:${port}`);
    if (parsed.ok) this.#begin({ ok: true, value: parsed.value, hasScheme: url === host, isCertain: true }, true);
    else this.#add(failed(parsed.reason));
  }

  #begin(reading: TokenRead, isPair: boolean): void {
    const refusal = this.#hasText || this.#current?.hasUnknownText === true ? TEXT_BEFORE : undefined;
    this.#finish();
    const isNamed = this.#schemesLead && this.#schemes.length > 0;
    const hasScheme = reading.hasScheme || isNamed;
    this.#current = new LineEndpoint(reading.value, {
      isPair,
      isNamed,
      hasScheme,
      isField: this.#options.isField === true,
      refusal,
    });
    this.#schemes = [];
    this.#hasText = false;
  }

  /** Text before the first address, or after one that was refused. */
  #takeLeading(text: string, reading: TokenReading): void {
    const isFirst = !this.#hasText && this.#count === 0;
    if (isFirst && isHostAlone(text)) {
      this.#host = { text, isAfterText: false };
      if (!/[a-z]/i.test(text) || text.startsWith('[')) this.#problem = failed(NO_PORT);
      // The next part decides whether this is a host or just text.
      this.#hasText = true;
      return;
    }
    if (/^\d+(?:\.\d+){3}$/.test(text) && isHostAlone(text)) this.#host = { text, isAfterText: true };
    if (isLeadingWord(text)) return;
    if (!reading.ok && reading.isNear && !this.#hasText && /^[\d.]+:\d+$/.test(text)) {
      this.#add(reading);
      return;
    }
    this.#hasText = true;
    if (reading.ok || reading.fate === 'skipped') return;
    if (reading.isNear || (isFirst && this.#problem.fate === 'skipped')) this.#problem = reading;
  }

  /** Adds the current endpoint, now that all of its parts are known. */
  #finish(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    this.#add(current.finish(this.#schemesLead ? [] : this.#schemes.splice(0)));
  }

  #add(reading: TokenReading | PlainLineResult): void {
    this.#count++;
    this.#found.push(plain(reading));
  }
}

/** True for a line with an address and a number that may be its port: not prose. */
function looksLikeProxy(text: string, { fate }: TokenRefused): boolean {
  return fate === 'skipped' && containsAddressWithPort(text);
}

/** True for a bullet, a dash or a flag: anything without a letter or digit. */
function isMark(text: string): boolean {
  return text.length <= 64 && !/[\p{L}\p{N}]/u.test(text);
}

/** True for an address, a name with a dot, or a URL, each without a port: the next part may be the port. */
function isHostAlone(text: string): boolean {
  const host = text.replace(/^(?:https?|socks(?:4a?|5h?)):\/\//i, '');
  const isWhole = host.startsWith('[') || !host.includes(':');
  return isWhole && (host.includes('.') || host === 'localhost' || host.startsWith('[')) && parseProxyHost(host).ok;
}
