import type { CredentialBinding } from '@pw/cache-models';
import type { PlacedToken } from './placed-token.ts';

/** Tokens of one generation; two are kept. Some 8 MB at most. */
const GENERATION = 8192;
/** A longer token, of a secret of more than some 250 bytes, is checked each time. */
const LONGEST = 512;

interface Known extends PlacedToken {
  readonly binding: CredentialBinding;
}

/**
 * Tokens whose MACs were found right in this process, so that an entry that is read often is not checked each time. By the token's
 * whole text, and in memory alone: only a token whose MAC was verified gets in. What does not open is never kept.
 * Holds the newest tokens, between one and two generations of them.
 */
export class KnownTokens {
  #young = new Map<string, Known>();
  #old = new Map<string, Known>();

  /** What was found of a token at a place. */
  find(text: string, { role, origin }: CredentialBinding): PlacedToken | undefined {
    const known = this.#young.get(text) ?? this.#old.get(text);
    if (known === undefined || known.state === 'none') return known;
    return known.binding.origin === origin && known.binding.role === role ? known : undefined;
  }

  add(text: string, { index, state }: PlacedToken, binding: CredentialBinding): void {
    if (state === 'elsewhere' || text.length > LONGEST) return;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, { index, state, binding });
  }
}
