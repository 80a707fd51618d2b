import { randomBytes } from 'node:crypto';
import {
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  type CredentialBinding,
  type CredentialCipher,
  type Logger,
  Secret,
} from '@pw/cache-models';
import { isSideValue, type ResealCounts } from '@pw/cache-models/tier';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { IDENTITY_KEY_BYTES, PasswordMac } from '../transfer/import/keys/password-mac.ts';

/** The name of the sealed identity key among a tier's side values. */
const IDENTITY_KEY = 'identity-key';

/**
 * No credential has this role, so a token of a credential cannot be passed off as that of the identity key, or the
 * reverse.
 */
const BINDING: CredentialBinding = Object.freeze({ role: 'identity-key', origin: 'pw-cache' });

/** The number of attempts at resealing, if other processes keep replacing the value. */
const ATTEMPTS = 3;

/**
 * The identity key of a cache: 32 random bytes, created once and stored sealed in the lowest persistent tier with side
 * values. `docs/decisions/key-identity.md` describes what happens when tiers change.
 */
export class IdentityKey {
  readonly #tiers: readonly ManagedTier[];
  readonly #cipher: CredentialCipher | undefined;
  readonly #logger: Logger;
  #mac: Promise<PasswordMac> | undefined;

  constructor(tiers: readonly ManagedTier[], cipher: CredentialCipher | undefined, logger: Logger) {
    this.#tiers = tiers;
    this.#cipher = cipher;
    this.#logger = logger;
  }

  /**
   * An HMAC with the identity key, which is created if there is none. Rejects with a CacheError of code
   * `CACHE_IDENTITY_KEY_UNAVAILABLE` if the key cannot be stored, or the stored key cannot be opened, and with a
   * CacheStorageError while a tier that may have the key is out of use.
   */
  mac(): Promise<PasswordMac> {
    const mac = this.#mac ?? this.#load();
    this.#mac = mac;
    mac.catch(() => {
      if (this.#mac === mac) this.#mac = undefined;
    });
    return mac;
  }

  async #load(): Promise<PasswordMac> {
    const cipher = this.#cipher;
    if (cipher === undefined)
      throw unavailable(
        'the cache has no encryption key, and the identity key is never stored unsealed; configure an encryption key',
      );
    const [home, ...above] = this.#candidates();
    if (home === undefined)
      throw unavailable(
        'no persistent tier of this cache can store the identity key; add a tier that can, such as SQLite',
      );
    const stored = (await readFrom(home)) ?? (await this.#storeIn(home, above, cipher));
    return new PasswordMac(open(stored, cipher, home.name));
  }

  /** The persistent tiers that can store the key, the lowest one first. */
  #candidates(): ManagedTier[] {
    const candidates: ManagedTier[] = [];
    for (const tier of this.#tiers.toReversed()) {
      if (!tier.capabilities.persistent) continue;
      // This tier may have the key, and creating a second key would be worse than having none.
      if (!tier.isUsable)
        throw new CacheStorageError(
          `${tier.name}: the tier is out of use, and it may have the identity key; try again later`,
        );
      if (tier.capabilities.sideValues) candidates.push(tier);
    }
    return candidates;
  }

  /**
   * Creates the key, or adopts one that a higher tier stored at a time when it was the lowest. Returns the stored
   * value.
   */
  async #storeIn(home: ManagedTier, above: readonly ManagedTier[], cipher: CredentialCipher): Promise<string> {
    for (const tier of above) {
      const found = await readFrom(tier);
      if (found === undefined) continue;
      open(found, cipher, tier.name).fill(0);
      return valid(await home.withSideValues((values) => values.storeIfAbsent(IDENTITY_KEY, found)), home.name);
    }
    const fresh = seal(randomBytes(IDENTITY_KEY_BYTES), cipher);
    const stored = valid(await home.withSideValues((values) => values.storeIfAbsent(IDENTITY_KEY, fresh)), home.name);
    if (stored === fresh)
      this.#logger.info(
        { tier: home.name },
        'created an identity key; keys that cover passwords depend on it from now on',
      );
    return stored;
  }
}

/**
 * Reseals the identity key of a tier, if the tier has one and another encryption key sealed it. It counts as one
 * record. Throws if the tier fails.
 */
export async function resealIdentityKey(
  tier: ManagedTier,
  cipher: CredentialCipher,
): Promise<ResealCounts | undefined> {
  if (!tier.capabilities.sideValues) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await readFrom(tier);
    if (stored === undefined) return undefined;
    let key: Buffer;
    try {
      if (cipher.stateOf?.(Buffer.from(stored, 'hex'), BINDING) === 'current') return { ...NOTHING, alreadyCurrent: 1 };
      key = open(stored, cipher, tier.name);
    } catch (error) {
      if (error instanceof CacheError && error.code === CacheErrorCode.IDENTITY_KEY_UNAVAILABLE)
        return { ...NOTHING, unreadable: 1 };
      throw error;
    }
    const fresh = seal(key, cipher);
    if (await tier.withSideValues((values) => values.replace(IDENTITY_KEY, stored, fresh)))
      return { ...NOTHING, reencrypted: 1 };
  }
  const { name } = tier;
  throw new CacheStorageError(`${name}: another process keeps replacing the identity key; try again`, { tier: name });
}

const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

async function readFrom(tier: ManagedTier): Promise<string | undefined> {
  const found = await tier.withSideValues((values) => values.read(IDENTITY_KEY));
  return found === undefined ? undefined : valid(found, tier.name);
}

/** A third-party tier may return anything. */
function valid(value: unknown, tier: string): string {
  if (isSideValue(value)) return value;
  throw new CacheStorageError(`${tier}: the tier returned something other than an identity key`, { tier });
}

/**
 * Seals the key and wipes the given bytes. Intermediate strings cannot be wiped in JavaScript; they are short-lived and
 * never logged.
 */
function seal(key: Buffer, cipher: CredentialCipher): string {
  const secret = Secret.of(key.toString('hex'));
  key.fill(0);
  return Buffer.from(cipher.encrypt(secret, BINDING)).toString('hex');
}

function open(stored: string, cipher: CredentialCipher, tier: string): Buffer {
  let text: string;
  try {
    text = cipher.decrypt(Buffer.from(stored, 'hex'), BINDING).reveal();
  } catch (error) {
    if (!(error instanceof CacheError) || error.code !== CacheErrorCode.CREDENTIAL_UNREADABLE) throw error;
    throw unavailable(
      `no key opens the identity key in ${tier}; configure the encryption key that sealed it, as an older key if necessary`,
      tier,
      error,
    );
  }
  if (!/^[0-9a-f]{64}$/.test(text)) throw unavailable(`the value stored in ${tier} is not an identity key`, tier);
  return Buffer.from(text, 'hex');
}

function unavailable(problem: string, tier?: string, cause?: unknown): CacheError {
  return new CacheError(`identity key: ${problem}`, { code: CacheErrorCode.IDENTITY_KEY_UNAVAILABLE, tier, cause });
}
