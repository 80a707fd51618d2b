import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Decipheriv,
  hkdfSync,
} from 'node:crypto';
import type { CredentialBinding } from '@pw/cache-models';
import type { SealedRole } from '@pw/cache-models/tier';
import { HmacKey } from '../fernet/hmac-key.ts';
import type { RandomPool } from '../fernet/random-pool.ts';
import { AES_BLOCK, IV_LENGTH, IV_OFFSET } from '../fernet/token-layout.ts';

// Layout of a decrypted IV: nonce (6 bytes) | mark (4) | tag (6)
const NONCE_LENGTH = 6;
const MARK = Buffer.from('pwc1');
const TAG_OFFSET = NONCE_LENGTH + MARK.length;
const TAG_LENGTH = AES_BLOCK - TAG_OFFSET;

/** Offset of a role's tag in the PRF of an origin: one PRF serves both credentials of an entry. */
const TAG_IN_PRF: Readonly<Record<SealedRole, number>> = Object.freeze({
  username: 0,
  password: TAG_LENGTH,
  'identity-key': 2 * TAG_LENGTH,
});
const TAGS_LENGTH = 3 * TAG_LENGTH;

/** Whether a token is bound to the place where it was found, to another place, or to no place. */
export type BindingState = 'here' | 'elsewhere' | 'none';

/**
 * Binds tokens to their places through the one field of a Fernet token that can be chosen freely: the IV. It is one
 * AES-128 block of a nonce, a mark that means "bound", and the first bytes of a PRF of role and origin. To anyone
 * without the key it is random, as CBC requires (NIST SP 800-38A, appendix C), and the token's MAC covers it.
 * Invariant: the MAC is verified before the binding is read.
 *
 * A token of another program has a random IV: with a probability of 2^-32 it looks bound, and is then refused as bound
 * elsewhere. A token that was moved opens at its new place with a probability of 2^-48, and without the key an attacker
 * cannot test whether it does. Both keys are derived from the Fernet key (HKDF-SHA256), so that no key serves two
 * purposes.
 */
export class BindingKey {
  readonly #encrypt: Cipheriv;
  readonly #decrypt: Decipheriv;
  readonly #prf: HmacKey;
  readonly #block = Buffer.alloc(AES_BLOCK);
  /** The last origin, whose PRF is in `#tags`: an entry's two credentials are processed one after the other. */
  #origin: string | undefined;
  readonly #tags = Buffer.alloc(TAGS_LENGTH);

  /** `fernetKey` contains the 32 bytes of the key. */
  constructor(fernetKey: Buffer) {
    const derive = (purpose: string, length: number) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', fernetKey, '', `pw-cache token ${purpose}`, length)));
    const block = derive('iv', AES_BLOCK);
    // Whole blocks without padding: each update returns its complete output, so one object serves all tokens.
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

  /** The binding state of an authentic token at a place. */
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
      // As UTF-16: UTF-8 would map two origins that differ in a lone surrogate to the same bytes.
      const text = Buffer.from(origin, 'utf16le');
      this.#tags.write(this.#prf.mac(text, text.length), 'latin1');
      this.#origin = origin;
    }
    return TAG_IN_PRF[role];
  }
}
