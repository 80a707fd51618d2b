import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheEntry, type CredentialCipher, entryToRecord, type ProxyRecord, recordToEntry } from '@pw/cache-models';
import type { ResealCounts } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type ReencryptProgress } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';

const clock = new ManualClock();
const entryOf = (n: number, password = `secret-${n}`) =>
  CacheEntry.create({ proxyUrl: `http://h${n}.example:1`, key: `k${n}`, username: 'ann', password }, clock);

/** A third-party tier on disk that stores sealed records and reads them back, by default without `reseal`. */
class RecordTier extends FaultTier {
  readonly records: Map<string, ProxyRecord>;
  readonly #cipher: CredentialCipher;

  constructor(cipher: CredentialCipher, records = new Map<string, ProxyRecord>(), reseal = false) {
    super({ clock, cipher }, { persistent: true, reseal });
    this.#cipher = cipher;
    this.records = records;
  }

  protected override doGet(key: string) {
    const record = this.records.get(key);
    return Promise.resolve(record === undefined ? undefined : recordToEntry(record, this.#cipher));
  }

  protected override async doPut(key: string, entry: CacheEntry) {
    await super.doPut(key, entry);
    this.records.set(key, entryToRecord(entry, this.#cipher));
    return true;
  }

  protected override doDelete(key: string) {
    return Promise.resolve(this.records.delete(key));
  }

  protected override doHas(key: string) {
    return Promise.resolve(this.records.has(key));
  }

  protected override *doEntries(): Generator<CacheEntry, undefined> {
    for (const record of this.records.values()) {
      try {
        yield recordToEntry(record, this.#cipher);
      } catch (error) {
        this.passOver(error);
      }
    }
    return undefined;
  }
}

function cipherOf(...keys: string[]): CredentialEncryptor {
  return new CredentialEncryptor({ key: keys[0], previousKeys: keys.slice(1), env: {} });
}

async function openWith(tier: RecordTier, cipher: CredentialCipher | undefined, more: FaultTier[] = []) {
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), tier, ...more], cipher, clock });
  onTestFinished(() => cache.close());
  return cache;
}

describe('reencrypt with a tier that has no reseal', () => {
  const [old, next, lost] = [generateKey(), generateKey(), generateKey()];

  it('rewrites outdated records and nothing else', async () => {
    const { records } = await filled(cipherOf(old), 0, 1, 2);
    for (const [key, n] of [
      [lost, 3],
      [next, 4],
    ] as const)
      records.set(`k${n}`, (await filled(cipherOf(key), n)).records.get(`k${n}`)!);
    const bare = CacheEntry.create({ proxyUrl: 'http://bare.example:1', key: 'bare' }, clock);
    records.set('bare', entryToRecord(bare, undefined));
    const before = new Map(records);
    const cipher = cipherOf(next, old);
    const cache = await openWith(new RecordTier(cipher, records), cipher);
    const counts = { reencrypted: 3, alreadyCurrent: 1, unreadable: 1, misplaced: 0, inQuarantine: 0 };
    expect(await cache.reencrypt({ batchSize: 2 })).toEqual({ ...counts, tiers: { l2: counts }, complete: true });
    for (const [key, record] of records) {
      if (['k3', 'k4', 'bare'].includes(key)) expect(record).toBe(before.get(key));
      else expect(recordToEntry(record, cipherOf(next)).password?.reveal()).toBe(`secret-${key.slice(1)}`);
    }
  });

  it('does not undo a write or delete during its work', async () => {
    const { records } = await filled(cipherOf(old), 0, 1, 2);
    const cipher = cipherOf(next, old);
    const tier = new RecordTier(cipher, records);
    const cache = await openWith(tier, cipher);
    const deleted = cache.delete('k1');
    const put = cache.put('k2', entryOf(2, 'newer'));
    const [result] = await Promise.all([cache.reencrypt({ batchSize: 1 }), deleted, put]);
    expect(result.complete).toBe(true);
    expect(await cache.has('k1')).toBe(false);
    expect(recordToEntry(records.get('k2'), cipherOf(next)).password?.reveal()).toBe('newer');
  });

  it('is not complete if the tier fails or is out of use', async () => {
    const { records } = await filled(cipherOf(old), 0);
    const cipher = cipherOf(next, old);
    const tier = new RecordTier(cipher, records);
    const cache = await openWith(tier, cipher);
    tier.fault = 'throw';
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 0, complete: false });
    for (let i = 0; i < 3; i++) tier.handleFailure(new Error('planted'));
    tier.fault = 'none';
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 0, complete: false });
    clock.advance(60_000);
    await cache.has('x');
    await cache.get('k0');
    await new Promise((resolve) => setImmediate(resolve));
    // The missed write was sealed with the current key when it was replayed.
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 0, alreadyCurrent: 1, complete: true });
  });

  it('is not complete while a tier has a misplaced token', async () => {
    const cipher = cipherOf(next);
    class MisplacingTier extends RecordTier {
      *reseal() {
        yield { reencrypted: 0, alreadyCurrent: 1, unreadable: 2, misplaced: 1 };
      }
    }
    const cache = await openWith(new MisplacingTier(cipher, new Map(), true), cipher);
    expect(await cache.reencrypt()).toMatchObject({ unreadable: 2, misplaced: 1, complete: false });
  });

  it('is not complete while a tier has something in quarantine that cannot be resealed', async () => {
    const cipher = cipherOf(next);
    const batches: ResealCounts[] = [
      { reencrypted: 2, alreadyCurrent: 0, unreadable: 0, inQuarantine: 1 },
      { reencrypted: 0, alreadyCurrent: 1, unreadable: 0 },
      { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, inQuarantine: 2 },
    ];
    class AsideTier extends RecordTier {
      *reseal() {
        yield* batches;
      }
    }
    const cache = await openWith(new AsideTier(cipher, new Map(), true), cipher);
    const seen: number[] = [];
    const counts = { reencrypted: 2, alreadyCurrent: 1, unreadable: 0, misplaced: 0, inQuarantine: 3 };
    const onProgress = ({ inQuarantine }: ReencryptProgress) => seen.push(inQuarantine);
    expect(await cache.reencrypt({ onProgress })).toEqual({ ...counts, tiers: { l2: counts }, complete: false });
    expect(seen).toEqual([1, 1, 3]);
    batches.length = 2;
    batches.shift();
    expect(await cache.reencrypt()).toMatchObject({ inQuarantine: 0, complete: true });
  });

  it('rejects for a cache without a cipher, an invalid batch size, and an aborted signal', async () => {
    const tier = new RecordTier(cipherOf(old));
    await expect((await openWith(tier, undefined)).reencrypt()).rejects.toMatchObject({ code: 'CACHE_CONFIG_INVALID' });
    const cache = await openWith(new RecordTier(cipherOf(old)), cipherOf(old));
    for (const batchSize of [0, 1.5, 10_001, Number.NaN])
      await expect(cache.reencrypt({ batchSize })).rejects.toMatchObject({ code: 'CACHE_VALIDATION_FAILED' });
    await expect(cache.reencrypt({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});

async function filled(cipher: CredentialCipher, ...numbers: number[]): Promise<RecordTier> {
  const tier = new RecordTier(cipher);
  for (const n of numbers) await tier.put(`k${n}`, entryOf(n));
  return tier;
}
