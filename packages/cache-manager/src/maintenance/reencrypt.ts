import { setImmediate } from 'node:timers/promises';
import {
  type ArgumentKind,
  CacheConfigError,
  type CacheTier,
  type CredentialCipher,
  checkOptionsObject,
  optional,
  type ResealCounts,
  sealState,
  wholeNumber,
} from '@pw/cache-models';
import { resealIdentityKey } from '../identity/identity-key.ts';
import { withDeadline } from '../scheduling/deadline.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import { HOOKS, tell } from '../transfer-options.ts';

const DEFAULT_BATCH = 200;
const MAX_BATCH = 10_000;
const BATCH_TIMEOUT_MS = 60_000;

/** How far a re-encryption is: the counts of all tiers so far, and the tier that it is at. */
export interface ReencryptProgress extends ReencryptCounts {
  readonly tier: string;
}

/** {@link ResealCounts}, all of them. */
export interface ReencryptCounts extends ResealCounts {
  readonly inQuarantine: number;
  readonly misplaced: number;
}

export interface ReencryptOptions {
  /** Called after each batch. An async one is waited for. What it throws, or rejects with, ends the work; what is sealed again stays so. */
  readonly onProgress?: ((progress: ReencryptProgress) => unknown) | undefined;
  /** Ends the work with the signal's reason; what is sealed again stays so, and the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Records rewritten at once, 1 to 10,000; other work gets a turn in between. Default 200. */
  readonly batchSize?: number | undefined;
}

const OPTIONS: Readonly<Record<keyof ReencryptOptions, ArgumentKind>> = Object.freeze({
  batchSize: optional(wholeNumber(1, MAX_BATCH)),
  ...HOOKS,
});

/** Records with credentials, counted in each tier that holds them; its sealed identity key is one of them. */
export interface ReencryptResult extends ReencryptCounts {
  /** The same, tier by tier. */
  readonly tiers: Readonly<Record<string, ReencryptCounts>>;
  /**
   * True if every tier was gone through to its end, and nothing that it stores opens with an older key any more: no record, no free space of a
   * file, no log, no quarantine. Then the older keys may be dropped: what is left in `unreadable` was sealed with a key
   * that was not at hand.
   * False when a tier was off or failed meanwhile, or another process kept it from wiping out what it had before: call
   * again. False, too, with anything in `inQuarantine`: look into the quarantine, remove what is of no use, and call again;
   * and with anything `misplaced`: such tokens were moved to another proxy, or are bound to none while `foreignTokens` refuses
   * those. Delete these records, or accept foreign tokens for this call.
   */
  readonly complete: boolean;
}

/**
 * Seals every stored token again that the current key did not make, tier by tier. Throws a CacheConfigError without a cipher, a
 * CacheValidationError for a wrong option, and the signal's reason when it is aborted.
 */
export async function reencrypt(
  stack: TierStack,
  cipher: CredentialCipher | undefined,
  options: ReencryptOptions = {},
): Promise<ReencryptResult> {
  checkOptionsObject(options, OPTIONS, { what: 'reencrypt' });
  const run = new Reencryption(stack, checkCipher(cipher), options);
  options.signal?.throwIfAborted();
  for (const slot of stack.slots) if (slot.tier.capabilities.persistent) await run.throughTier(slot);
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

  /** One tier, by its own means or, if it has none, record by record under the keys' locks. */
  async throughTier(slot: TierSlot): Promise<void> {
    this.#tiers.set(slot.name, NOTHING);
    const before = failuresOf(slot.tier);
    // Before the tier wipes out what it had before.
    const ofKey = await this.#identityKey(slot);
    if (ofKey !== undefined) this.#tiers.set(slot.name, add(this.#tiers.get(slot.name)!, ofKey));
    const batches = slot.tier.reseal === undefined ? this.#oneByOne(slot) : this.#ownBatches(slot);
    for await (const counts of batches) {
      this.#tiers.set(slot.name, add(this.#tiers.get(slot.name)!, counts));
      await tell(this.#options.onProgress, { tier: slot.name, ...this.#total });
      await setImmediate();
      this.#options.signal?.throwIfAborted();
    }
    if (!slot.usable || failuresOf(slot.tier) > before) this.#complete = false;
  }

  /** The counts of the tier's identity key, if it has one. A fault is the slot's, and is counted there. */
  async #identityKey(slot: TierSlot): Promise<ResealCounts | undefined> {
    try {
      return slot.usable ? await resealIdentityKey(slot, this.#cipher) : undefined;
    } catch {
      this.#complete = false;
      return undefined;
    }
  }

  async *#ownBatches(slot: TierSlot): AsyncGenerator<ResealCounts> {
    const batches = await slot.ask((tier) => iteratorOf(tier.reseal!(this.#batchSize)), undefined);
    if (batches === undefined) return;
    try {
      for (let counts = await this.#next(slot, batches); counts !== undefined; counts = await this.#next(slot, batches))
        yield counts;
    } finally {
      await slot.ask(() => batches.return?.(), undefined);
    }
  }

  /** Waits longer than other operations do: a batch may have to wait for the lock of a process that died. */
  async #next(slot: TierSlot, batches: Batches): Promise<ResealCounts | undefined> {
    if (!slot.usable) return undefined;
    try {
      const next = await withDeadline(Promise.resolve(batches.next()), BATCH_TIMEOUT_MS, slot.name);
      return next.value;
    } catch (error) {
      // A fault is the slot's to count; it ends the tier.
      return slot.ask(() => Promise.reject(error), undefined);
    }
  }

  async *#oneByOne(slot: TierSlot): AsyncGenerator<ResealCounts> {
    const { statistics } = slot.tier;
    let batch = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
    let met = 0;
    for await (const entry of slot.entries()) {
      const state = sealState(entry, this.#cipher);
      if (state === 'current') batch.alreadyCurrent++;
      if (state === 'stale' && (await this.#rewrite(slot, entry.key))) batch.reencrypted++;
      if (++met % this.#batchSize !== 0) continue;
      yield batch;
      batch = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
    }
    // What no key opens does not come out of a tier; it is counted by it.
    yield { ...batch, unreadable: slot.tier.statistics.undecryptable - statistics.undecryptable };
  }

  async #rewrite(slot: TierSlot, key: string): Promise<boolean> {
    const done = await this.#stack.rewrite(slot, key, (entry) => sealState(entry, this.#cipher) === 'stale');
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
    // A tier written before there were these counts says nothing of them.
    misplaced: a.misplaced + (b.misplaced ?? 0),
    inQuarantine: a.inQuarantine + (b.inQuarantine ?? 0),
  };
}

type Batches = Iterator<ResealCounts, undefined> | AsyncIterator<ResealCounts, undefined>;

function iteratorOf(batches: Iterable<ResealCounts> | AsyncIterable<ResealCounts>): Batches {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}

function failuresOf(tier: CacheTier): number {
  return tier.totalFailures ?? tier.failureCount;
}

function checkCipher(cipher: CredentialCipher | undefined): CredentialCipher {
  if (cipher !== undefined) return cipher;
  throw new CacheConfigError('reencrypt: the cache has no encryption key to seal with');
}
