import type { CredentialBinding } from '@pw/cache-models';
import type { PlacedToken } from './placed-token.ts';

/** Number of tokens in one generation; two generations are kept, at most about 8 MB. */
const GENERATION = 8192;
/** A longer token, of a secret of more than about 250 bytes, is verified each time. */
const LONGEST = 512;

interface Known extends PlacedToken {
  readonly binding: CredentialBinding;
}

/**
 * Tokens whose MACs have been verified in this process, so that an entry that is read often is not verified each time.
 * Keyed by the complete token, and in memory only. Invariant: it contains only tokens whose MAC was verified, never one
 * that does not open. Keeps the newest tokens, between one and two generations of them.
 */
export class KnownTokens {
  #young = new Map<string, Known>();
  #old = new Map<string, Known>();

  /** The earlier result for a token at a place; `undefined` if there is none. */
  find(text: string, { role, origin }: CredentialBinding): PlacedToken | undefined {
    const known = this.#young.get(text) ?? this.#old.get(text);
    if (known === undefined || known.state === 'none') return known;
    return known.binding.origin === origin && known.binding.role === role ? known : undefined;
  }

  /** Remembers a verified token. */
  add(text: string, { index, state }: PlacedToken, binding: CredentialBinding): void {
    if (state === 'elsewhere' || text.length > LONGEST) return;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, { index, state, binding });
  }
}
