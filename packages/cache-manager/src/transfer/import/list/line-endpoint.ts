import type { ProxyScheme } from '@pw/cache-models';
import { countryLabel, isCountryCode } from '../words/country-codes.ts';
import { looksLikeCredentials } from '../words/credential-shape.ts';
import { kindOfNote } from '../words/list-words.ts';
import { bestScheme } from '../words/scheme-order.ts';
import { containsHostWithPort } from './token/host-with-port.ts';
import { MAY_BE_CREDENTIALS } from './token/reasons.ts';
import { failed, type TokenEndpoint, type TokenReading } from './token/token-reading.ts';

export interface EndpointTraits {
  /** Host and port were separate parts, so user and password may follow as separate parts too. */
  readonly isPair: boolean;
  /** The scheme precedes the address, as in proxychains.conf. */
  readonly isNamed: boolean;
  readonly hasScheme: boolean;
  /** The text is a field of a row, where any further text is significant. */
  readonly isField: boolean;
  /** The reason to refuse the endpoint, whatever follows it. */
  readonly refusal?: string | undefined;
}

/**
 * An endpoint whose line continues. Each further part is a note, half of a user and password, or makes the endpoint
 * ambiguous; `finish` decides once all parts are known.
 */
export class LineEndpoint {
  readonly #value: TokenEndpoint;
  readonly #traits: EndpointTraits;
  #first: string | undefined;
  #second: string | undefined;
  #notes = 0;
  #areAfterSpaces = true;
  #country: string | undefined;
  #mayBeCredentials = false;

  constructor(value: TokenEndpoint, traits: EndpointTraits) {
    this.#value = value;
    this.#traits = traits;
  }

  /** True if the first note is of a kind that is unusual in lists. */
  get hasUnknownText(): boolean {
    return this.#first !== undefined && kindOfNote(this.#first) === 'other';
  }

  /** True at the position of user and password in proxychains.conf. */
  get awaitsCredentials(): boolean {
    return this.#traits.isPair && this.#traits.isNamed && this.#notes < 2;
  }

  addNote(text: string, isAfterSpace: boolean): void {
    this.#notes++;
    if (this.#notes === 1) this.#first = text;
    if (this.#notes === 2) this.#second = text;
    if (!isAfterSpace) this.#areAfterSpaces = false;
    if (this.#country === undefined && this.#notes <= 2 && isCountryNote(text)) this.#country = text.slice(0, 2);
    if (this.#hasCredentials) return;
    if (looksLikeCredentials(text) || (this.#traits.isField && !isPlainNote(text))) this.#mayBeCredentials = true;
  }

  /** Decides about the endpoint. `schemes` are the schemes that follow the address. */
  finish(schemes: readonly ProxyScheme[]): TokenReading {
    const { refusal, hasScheme } = this.#traits;
    if (refusal !== undefined) return failed(refusal);
    const kind = this.#kindOfTwo();
    if (kind === 'ambiguous' || (kind === 'notes' && this.#mayBeCredentials)) return failed(MAY_BE_CREDENTIALS);
    let value = this.#value;
    if (kind === 'credentials') value = { ...value, username: this.#first!, password: this.#second! };
    else if (this.#country !== undefined && value.labels === undefined)
      value = { ...value, labels: countryLabel(this.#country) };
    const scheme = hasScheme ? undefined : bestScheme(schemes);
    if (scheme !== undefined) value = { ...value, url: `${scheme}${value.url.slice(value.url.indexOf('://'))}` };
    return { ok: true, value, hasScheme, isCertain: true };
  }

  get #hasCredentials(): boolean {
    return this.#value.username !== null || this.#value.password !== null;
  }

  /** Two parts after host and port are notes in some lists, and user and password in others. */
  #kindOfTwo(): 'notes' | 'credentials' | 'ambiguous' {
    const { isPair, isNamed } = this.#traits;
    // After `host:port` and a space, only notes are usual.
    const mayBe = isPair || isNamed || !this.#areAfterSpaces;
    if (this.#notes < 2 || this.#hasCredentials || !mayBe) return 'notes';
    const [first, second] = [this.#first!, this.#second!];
    const kinds = [kindOfNote(first), kindOfNote(second)];
    if (kinds[0] === 'note' || (kinds[0] === 'number' && kinds[1] !== 'other')) return 'notes';
    // The form that proxychains.conf uses.
    if (this.#notes === 2 && isPair && isNamed && this.#areAfterSpaces && kinds[0] === 'other')
      return hasAddress(first) || hasAddress(second) ? 'ambiguous' : 'credentials';
    return kinds[1] === 'note' || (isWord(first) && isWord(second)) ? 'notes' : 'ambiguous';
  }
}

/** `CO`, or `CO-N-S!`. */
function isCountryNote(text: string): boolean {
  return (text.length === 2 || text[2] === '-') && isCountryCode(text.slice(0, 2));
}

function isPlainNote(text: string): boolean {
  return /^[\p{L}\p{N}]/u.test(text) && kindOfNote(text) === 'note';
}

/** True if text contains an address: a missing line break may have joined another line to this one. */
function hasAddress(text: string): boolean {
  return text.includes('://') || /^\[[\da-f]*:/i.test(text) || containsHostWithPort(text);
}

/** A capitalised word, as in `United States`. */
function isWord(text: string): boolean {
  return text.length <= 32 && /^\p{Lu}\p{Ll}+\.?$/u.test(text);
}
