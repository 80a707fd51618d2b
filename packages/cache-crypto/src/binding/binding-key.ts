import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Decipheriv,
  hkdfSync,
} from 'node:crypto';
import type { CredentialBinding, SealedRole } from '@pw/cache-models';
import { HmacKey } from '../fernet/hmac-key.ts';
import type { RandomPool } from '../fernet/random-pool.ts';
import { AES_BLOCK, IV_LENGTH, IV_OFFSET } from '../fernet/token-layout.ts';

// What an IV is, decrypted: nonce (6 bytes) | mark (4) | tag (6)
const NONCE_LENGTH = 6;
const MARK = Buffer.from('pwc1');
const TAG_OFFSET = NONCE_LENGTH + MARK.length;
const TAG_LENGTH = AES_BLOCK - TAG_OFFSET;

/** Where the tag of a role lies in the PRF of an origin: one PRF serves both credentials of an entry. */
const TAG_IN_PRF: Readonly<Record<SealedRole, number>> = Object.freeze({
  username: 0,
  password: TAG_LENGTH,
  'identity-key': 2 * TAG_LENGTH,
});
const TAGS_LENGTH = 3 * TAG_LENGTH;

/** Whether a token is bound to the place where it was found. */
export type BindingState = 'here' | 'elsewhere' | 'none';

/**
 * Binds tokens to their places by the one field of a Fernet token that its maker chooses freely, the IV. It is one block,
 * AES-128 of a nonce, a mark that says "bound", and the first bytes of a PRF of role and origin: random to everybody
 * without the key, as CBC wants it (NIST SP 800-38A, appendix C), and covered by the token's MAC. The MAC must have been found
 * right before anything is said of the binding.
 *
 * A token of another program has a random IV: it passes for bound once in 2^32 tokens, and is then refused as one that is
 * bound elsewhere. A token moved from one place to another opens there with a probability of 2^-48, and nobody can
 * tell without the key. Both keys are derived from the Fernet key (HKDF-SHA256), so no key is used for two things.
 */
export class BindingKey {
  readonly #encrypt: Cipheriv;
  readonly #decrypt: Decipheriv;
  readonly #prf: HmacKey;
  readonly #block = Buffer.alloc(AES_BLOCK);
  /** The last origin and its PRF: an entry's two credentials come one after the other. */
  #origin: string | undefined;
  readonly #tags = Buffer.alloc(TAGS_LENGTH);

  /** `fernetKey` is the key's 32 bytes. */
  constructor(fernetKey: Buffer) {
    const derive = (purpose: string, length: number) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', fernetKey, '', `pw-cache token ${purpose}`, length)));
    const block = derive('iv', AES_BLOCK);
    // Whole blocks and no padding: an update gives all that it took, so one object serves for all tokens.
    this.#encrypt = createCipheriv('aes-128-ecb', block, null).setAutoPadding(false);
    this.#decrypt = createDecipheriv('aes-128-ecb', block, null).setAutoPadding(false);
    this.#prf = new HmacKey(derive('binding', 32));
  }

  /** Writes an IV that binds its token. */
  writeIv(target: Buffer, offset: number, pool: RandomPool, binding: CredentialBinding): void {
    const at = this.#tagAt(binding);
    pool.writeTo(this.#block, 0, NONCE_LENGTH);
    MARK.copy(this.#block, NONCE_LENGTH);
    this.#tags.copy(this.#block, TAG_OFFSET, at, at + TAG_LENGTH);
    target.set(this.#encrypt.update(this.#block), offset);
  }

  /** What an authentic token is bound to. */
  stateOf(token: Buffer, binding: CredentialBinding): BindingState {
    const block = this.#decrypt.update(token.subarray(IV_OFFSET, IV_OFFSET + IV_LENGTH));
    if (MARK.compare(block, NONCE_LENGTH, TAG_OFFSET) !== 0) return 'none';
    const at = this.#tagAt(binding);
    let difference = 0;
    for (let i = 0; i < TAG_LENGTH; i++) difference |= block[TAG_OFFSET + i]! ^ this.#tags[at + i]!;
    return difference === 0 ? 'here' : 'elsewhere';
  }

  #tagAt({ role, origin }: CredentialBinding): number {
    if (this.#origin !== origin) {
      // UTF-16 as it is: UTF-8 would make one text of two that differ in half a surrogate pair.
      const text = Buffer.from(origin, 'utf16le');
      this.#tags.write(this.#prf.mac(text, text.length), 'latin1');
      this.#origin = origin;
    }
    return TAG_IN_PRF[role];
  }
}
