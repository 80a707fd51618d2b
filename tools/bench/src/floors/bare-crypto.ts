import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type Decipheriv,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** The two halves of a Fernet key as key objects. */
export interface BareKeys {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

/** A ciphertext and its MAC, without the header, base64url and format checks of a token. */
export interface BareSealed {
  readonly iv: Buffer;
  readonly payload: Buffer;
  readonly mac: Buffer;
}

export function bareKeys(key: string): BareKeys {
  const bytes = Buffer.from(key, 'base64url');
  return { signing: createSecretKey(bytes.subarray(0, 16)), encryption: createSecretKey(bytes.subarray(16)) };
}

/** The calls that sealing requires: random bytes, AES-128-CBC, HMAC-SHA256. */
export function bareSealCalls({ signing, encryption }: BareKeys, text: string): BareSealed {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const payload = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const mac = createHmac('sha256', signing).update(iv).update(payload).digest();
  return { iv, payload, mac };
}

/** The calls that opening requires: HMAC-SHA256, a constant-time comparison, AES-128-CBC. */
export function bareOpenCalls({ signing, encryption }: BareKeys, { iv, payload, mac }: BareSealed): string {
  const found = createHmac('sha256', signing).update(iv).update(payload).digest();
  if (!timingSafeEqual(found, mac)) throw new Error('wrong MAC');
  const decipher = createDecipheriv('aes-128-cbc', encryption, iv);
  return Buffer.concat([decipher.update(payload), decipher.final()]).toString('utf8');
}

/**
 * The keys for checking the binding of credentials, which takes a MAC and an AES block per token and one PRF of the
 * origin.
 */
export interface BareBinding {
  readonly keys: BareKeys;
  readonly block: Decipheriv;
  readonly prf: KeyObject;
}

export function bareBinding(key: string): BareBinding {
  const keys = bareKeys(key);
  const block = createDecipheriv('aes-128-ecb', keys.encryption, null).setAutoPadding(false);
  return { keys, block, prf: keys.signing };
}

/** The calls that checking the tokens of an entry requires; returns the total length of their results. */
export function bareBindingCalls(
  { keys, block, prf }: BareBinding,
  tokens: readonly BareSealed[],
  origin: string,
): number {
  let length = createHmac('sha256', prf).update(origin, 'utf16le').digest().length;
  for (const { iv, payload, mac } of tokens) {
    const found = createHmac('sha256', keys.signing).update(iv).update(payload).digest();
    if (!timingSafeEqual(found, mac)) throw new Error('wrong MAC');
    length += block.update(iv).length;
  }
  return length;
}
