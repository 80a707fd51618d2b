import { randomBytes } from 'node:crypto';
import {
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  type CredentialBinding,
  type CredentialCipher,
  isSideValue,
  type Logger,
  type MaybePromise,
  type ResealCounts,
  Secret,
  type SideValues,
} from '@pw/cache-models';
import { IDENTITY_KEY_BYTES, PasswordMac } from '../import/password-mac.ts';
import type { TierSlot } from '../tier/managed-tier.ts';

/** The name of the sealed identity key among the side values of a tier. */
const IDENTITY_KEY = 'identity-key';

/** No credential has this role, so no credential's token opens in the key's place, nor the key's in theirs. */
const BINDING: CredentialBinding = Object.freeze({ role: 'identity-key', origin: 'pw-cache' });

/** How often a value is read again that somebody else replaced meanwhile. */
const TRIES = 3;

/**
 * The identity key of a cache: 32 random bytes, made once, sealed, in the lowest persistent tier that can keep it. See
 * `docs/decisions/key-identity.md` for what happens when tiers change.
 */
export class IdentityKey {
  readonly #slots: readonly TierSlot[];
  readonly #cipher: CredentialCipher | undefined;
  readonly #logger: Logger;
  #mac: Promise<PasswordMac> | undefined;

  constructor(slots: readonly TierSlot[], cipher: CredentialCipher | undefined, logger: Logger) {
    this.#slots = slots;
    this.#cipher = cipher;
    this.#logger = logger;
  }

  /**
   * What makes keys with it; the key is made if there is none. Rejects with a CacheError of code `CACHE_IDENTITY_KEY_UNAVAILABLE` where there can be
   * none or the one that is stored does not open, and with a CacheStorageError while a tier is off that may have it.
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
      throw unavailable('the cache has no encryption key, and the identity key is never stored in clear; give it one');
    const [home, ...above] = this.#places();
    if (home === undefined)
      throw unavailable('no persistent tier of this cache can keep the identity key; add one that can, such as SQLite');
    const stored = (await readFrom(home)) ?? (await this.#storeIn(home, above, cipher));
    return new PasswordMac(open(stored, cipher, home.name));
  }

  /** The persistent tiers that can keep the key, the lowest one first. */
  #places(): TierSlot[] {
    const places: TierSlot[] = [];
    for (const slot of this.#slots.toReversed()) {
      if (slot.tell((tier) => tier.capabilities.persistent) !== true) continue;
      // Which one has the key is not known without it, and a second key would be worse than none.
      if (!slot.usable) throw new CacheStorageError(`${slot.name}: the tier is off, and it may have the identity key`);
      if (slot.tell((tier) => tier.sideValues) !== undefined) places.push(slot);
    }
    return places;
  }

  /** Takes over what a higher tier has, from the time when that was the lowest one, or makes the key. Answers with what is stored then. */
  async #storeIn(home: TierSlot, above: readonly TierSlot[], cipher: CredentialCipher): Promise<string> {
    for (const slot of above) {
      const found = await readFrom(slot);
      if (found === undefined) continue;
      open(found, cipher, slot.name).fill(0);
      return sane(await inSlot(home, (values) => values.storeIfAbsent(IDENTITY_KEY, found)), home.name);
    }
    const fresh = seal(randomBytes(IDENTITY_KEY_BYTES), cipher);
    const stored = sane(await inSlot(home, (values) => values.storeIfAbsent(IDENTITY_KEY, fresh)), home.name);
    if (stored === fresh)
      this.#logger.info(
        { tier: home.name },
        'made an identity key: keys that cover passwords are made with it from now on',
      );
    return stored;
  }
}

/** Seals the identity key of a tier again, if it has one that the current key did not seal; it counts as one record. Throws for a fault. */
export async function resealIdentityKey(slot: TierSlot, cipher: CredentialCipher): Promise<ResealCounts | undefined> {
  if (slot.tell((tier) => tier.sideValues) === undefined) return undefined;
  for (let turn = 0; turn < TRIES; turn++) {
    const stored = await readFrom(slot);
    if (stored === undefined) return undefined;
    let key: Buffer;
    try {
      if (cipher.stateOf?.(Buffer.from(stored, 'hex'), BINDING) === 'current') return { ...NOTHING, alreadyCurrent: 1 };
      key = open(stored, cipher, slot.name);
    } catch (error) {
      if (error instanceof CacheError && error.code === CacheErrorCode.IDENTITY_KEY_UNAVAILABLE)
        return { ...NOTHING, unreadable: 1 };
      throw error;
    }
    const fresh = seal(key, cipher);
    if (await inSlot(slot, (values) => values.replace(IDENTITY_KEY, stored, fresh)))
      return { ...NOTHING, reencrypted: 1 };
  }
  throw new CacheStorageError(`${slot.name}: somebody else keeps replacing the identity key`, { tier: slot.name });
}

const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

async function readFrom(slot: TierSlot): Promise<string | undefined> {
  const found = await inSlot(slot, (values) => values.read(IDENTITY_KEY));
  return found === undefined ? undefined : sane(found, slot.name);
}

/** A tier of somebody else's may answer with anything. */
function sane(value: unknown, tier: string): string {
  if (isSideValue(value)) return value;
  throw new CacheStorageError(`${tier}: the tier answered with something that is no identity key`, { tier });
}

function inSlot<T>(slot: TierSlot, work: (values: SideValues) => MaybePromise<T>): Promise<T> {
  return slot.withSideValues(work);
}

/** Wipes the bytes out. Each form that they pass through is memory which JavaScript cannot wipe: short-lived, and never logged. */
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
      `no key opens the one that ${tier} keeps; give the cache the encryption key that sealed it, also as an older key`,
      tier,
      error,
    );
  }
  if (!/^[0-9a-f]{64}$/.test(text)) throw unavailable(`what ${tier} keeps in its place is none`, tier);
  return Buffer.from(text, 'hex');
}

function unavailable(problem: string, tier?: string, cause?: unknown): CacheError {
  return new CacheError(`identity key: ${problem}`, { code: CacheErrorCode.IDENTITY_KEY_UNAVAILABLE, tier, cause });
}
