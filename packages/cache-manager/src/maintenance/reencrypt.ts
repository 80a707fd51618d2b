import { setImmediate } from 'node:timers/promises';
import { CacheConfigError, type CredentialCipher } from '@pw/cache-models';
import {
  type ArgumentKind,
  checkOptionsObject,
  optional,
  type ResealCounts,
  sealState,
  wholeNumber,
} from '@pw/cache-models/tier';
import { resealIdentityKey } from '../identity/identity-key.ts';
import { withDeadline } from '../scheduling/deadline.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { HOOKS, reportProgress } from '../transfer/transfer-options.ts';

const DEFAULT_BATCH = 200;
const MAX_BATCH = 10_000;
const BATCH_TIMEOUT_MS = 60_000;

/** The progress of a re-encryption: the counts of all tiers so far, and the current tier. */
export interface ReencryptProgress extends ReencryptCounts {
  readonly tier: string;
}

/** {@link ResealCounts} without optional members. */
export interface ReencryptCounts extends ResealCounts {
  readonly inQuarantine: number;
  readonly misplaced: number;
}

export interface ReencryptOptions {
  /**
   * Called after each batch, and awaited. If it throws or rejects, the work ends with that error; resealed records stay
   * resealed.
   *
   * @default none
   */
  readonly onProgress?: ((progress: ReencryptProgress) => unknown) | undefined;
  /**
   * Ends the work with the signal's reason; resealed records stay resealed, and the next call continues from there.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The number of records rewritten in one step, 1 to 10,000; other work can run in between.
   *
   * @default 200
   */
  readonly batchSize?: number | undefined;
}

const OPTIONS: Readonly<Record<keyof ReencryptOptions, ArgumentKind>> = Object.freeze({
  batchSize: optional(wholeNumber(1, MAX_BATCH)),
  ...HOOKS,
});

/**
 * Counts of records with credentials. A record in two tiers counts twice; the sealed identity key of a tier counts as a
 * record.
 */
export interface ReencryptResult extends ReencryptCounts {
  /** The same counts by tier. */
  readonly tiers: Readonly<Record<string, ReencryptCounts>>;
  /**
   * True if every tier was processed completely and nothing that an older key opens is stored any more, be it in a
   * record, the free space of a file, a log or the quarantine. The older keys may then be dropped; records counted as
   * `unreadable` were sealed with a key that was not configured.
   *
   * False if a tier was out of use or failed meanwhile, or if another process kept it from wiping its old data: call
   * again. False if anything is `inQuarantine`: inspect the quarantine, remove what is not needed, and call again.
   * False if anything is `misplaced`: such tokens were moved to another proxy, or are not bound to any while
   * `foreignTokens` refuses unbound ones. Delete these records, or accept foreign tokens for this call.
   */
  readonly complete: boolean;
}

/**
 * Reseals every stored token that another key sealed, tier by tier. Throws a CacheConfigError without a cipher, a
 * CacheValidationError for an invalid option, and the signal's reason when it is aborted.
 */
export async function reencrypt(
  stack: TierStack,
  cipher: CredentialCipher | undefined,
  options: ReencryptOptions = {},
): Promise<ReencryptResult> {
  checkOptionsObject(options, OPTIONS, { what: 'reencrypt' });
  const run = new Reencryption(stack, checkCipher(cipher), options);
  options.signal?.throwIfAborted();
  for (const tier of stack.tiers) if (tier.capabilities.persistent) await run.processTier(tier);
  return run.result;
}

class Reencryption {
  readonly #stack: TierStack;
  readonly #cipher: CredentialCipher;
  readonly #options: ReencryptOptions;
  readonly #batchSize: number;
  readonly #tiers = new Map<string, ReencryptCounts>();
  #complete = true;

  constructor(stack: TierStack, cipher: CredentialCipher, options: ReencryptOptions) {
    this.#stack = stack;
    this.#cipher = cipher;
    this.#options = options;
    this.#batchSize = options.batchSize ?? DEFAULT_BATCH;
  }

  get result(): ReencryptResult {
    const total = this.#total;
    const complete = this.#complete && total.inQuarantine + total.misplaced === 0;
    return { ...total, tiers: Object.fromEntries(this.#tiers), complete };
  }

  /** Reseals one tier: by its own `reseal`, or else record by record under the keys' locks. */
  async processTier(tier: ManagedTier): Promise<void> {
    this.#tiers.set(tier.name, NOTHING);
    const before = tier.faults;
    // The identity key comes first, because the tier wipes its old data at the end of its own reseal.
    const ofKey = await this.#identityKey(tier);
    if (ofKey !== undefined) this.#tiers.set(tier.name, add(this.#tiers.get(tier.name)!, ofKey));
    const batches = tier.capabilities.reseal ? this.#ownBatches(tier) : this.#oneByOne(tier);
    for await (const counts of batches) {
      this.#tiers.set(tier.name, add(this.#tiers.get(tier.name)!, counts));
      await reportProgress(this.#options.onProgress, { tier: tier.name, ...this.#total });
      await setImmediate();
      this.#options.signal?.throwIfAborted();
    }
    if (!tier.isUsable || tier.faults > before) this.#complete = false;
  }

  /** The counts of the tier's identity key, if it has one. The fault boundary has already counted a fault. */
  async #identityKey(tier: ManagedTier): Promise<ResealCounts | undefined> {
    try {
      return tier.isUsable ? await resealIdentityKey(tier, this.#cipher) : undefined;
    } catch {
      this.#complete = false;
      return undefined;
    }
  }

  async *#ownBatches(tier: ManagedTier): AsyncGenerator<ResealCounts> {
    const batches = await tier.call((inner) => iteratorOf(inner.reseal!(this.#batchSize)), undefined);
    if (batches === undefined) return;
    try {
      for (let counts = await this.#next(tier, batches); counts !== undefined; counts = await this.#next(tier, batches))
        yield counts;
    } finally {
      await tier.call(() => batches.return?.(), undefined);
    }
  }

  /** Waits longer than other operations: a batch may have to wait for the lock of a process that died. */
  async #next(tier: ManagedTier, batches: Batches): Promise<ResealCounts | undefined> {
    if (!tier.isUsable) return undefined;
    try {
      const next = await withDeadline(Promise.resolve(batches.next()), BATCH_TIMEOUT_MS, tier.name);
      return next.value;
    } catch (error) {
      // Counts the fault; the tier has no further batches.
      return tier.call(() => Promise.reject(error), undefined);
    }
  }

  async *#oneByOne(tier: ManagedTier): AsyncGenerator<ResealCounts> {
    const { statistics } = tier;
    let batch = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
    let count = 0;
    for await (const entry of tier.entries()) {
      const state = sealState(entry, this.#cipher);
      if (state === 'current') batch.alreadyCurrent++;
      if (state === 'stale' && (await this.#rewrite(tier, entry.key))) batch.reencrypted++;
      if (++count % this.#batchSize !== 0) continue;
      yield batch;
      batch = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
    }
    // A tier does not return records that no key opens, but it counts them.
    yield { ...batch, unreadable: tier.statistics.undecryptable - statistics.undecryptable };
  }

  async #rewrite(tier: ManagedTier, key: string): Promise<boolean> {
    const done = await this.#stack.rewrite(tier, key, (entry) => sealState(entry, this.#cipher) === 'stale');
    if (done === false) this.#complete = false;
    return done === true;
  }

  get #total(): ReencryptCounts {
    return [...this.#tiers.values()].reduce(add, NOTHING);
  }
}

const NOTHING: ReencryptCounts = Object.freeze({
  reencrypted: 0,
  alreadyCurrent: 0,
  unreadable: 0,
  misplaced: 0,
  inQuarantine: 0,
});

function add(a: ReencryptCounts, b: ResealCounts): ReencryptCounts {
  return {
    reencrypted: a.reencrypted + b.reencrypted,
    alreadyCurrent: a.alreadyCurrent + b.alreadyCurrent,
    unreadable: a.unreadable + b.unreadable,
    // Tiers written before these counts existed do not report them.
    misplaced: a.misplaced + (b.misplaced ?? 0),
    inQuarantine: a.inQuarantine + (b.inQuarantine ?? 0),
  };
}

type Batches = Iterator<ResealCounts, undefined> | AsyncIterator<ResealCounts, undefined>;

function iteratorOf(batches: Iterable<ResealCounts> | AsyncIterable<ResealCounts>): Batches {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}

function checkCipher(cipher: CredentialCipher | undefined): CredentialCipher {
  if (cipher !== undefined) return cipher;
  throw new CacheConfigError('reencrypt: the cache has no encryption key to seal with; configure one');
}
