import { describe, expect, it } from 'vitest';
import { CacheConfigError, CacheEntry, CacheValidationError } from '../../src/index.ts';
import { clock, LaterTier, MapTier } from './map-tiers.ts';

const entryOf = (key: string) => CacheEntry.create({ proxyUrl: 'http://192.0.2.1:80', key, ttlSeconds: 60 }, clock);

/** A tier with a fast path, which notes each use of it. */
class FastTier extends MapTier {
  readonly used: string[] = [];

  protected override fastGet(key: string): CacheEntry | undefined | null {
    this.used.push(`get ${key}`);
    const entry = this.store.get(key);
    if (entry?.isExpiredAt(clock.now())) return null;
    if (entry === undefined) this.counts.misses++;
    else this.counts.hits++;
    return entry;
  }
  protected override fastPut(key: string, entry: CacheEntry): boolean {
    this.used.push(`put ${key}`);
    return this.doPut(key, entry);
  }
  protected override fastPeek(key: string): CacheEntry | undefined {
    this.used.push(`peek ${key}`);
    const entry = this.store.get(key);
    return entry?.isExpiredAt(clock.now()) ? undefined : entry;
  }
}

function openTier(): FastTier {
  const tier = new FastTier();
  tier.open();
  return tier;
}

describe('the fast path of a tier', () => {
  it('is taken for valid arguments while the tier is open and sound', () => {
    const tier = openTier();
    const entry = entryOf('k');
    expect(tier.put('k', entry)).toBe(true);
    expect(tier.get('k')).toBe(entry);
    expect(tier.get('missing')).toBeUndefined();
    expect(tier.peek('k')).toBe(entry);
    expect(tier.used).toEqual(['put k', 'get k', 'get missing', 'peek k']);
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 1 });
  });

  it('leaves an expired entry to the usual path, which removes and counts it', () => {
    const tier = openTier();
    tier.put('k', entryOf('k'));
    clock.advance(60_000);
    expect(tier.get('k')).toBeUndefined();
    expect(tier.store.has('k')).toBe(false);
    expect(tier.statistics).toMatchObject({ hits: 0, misses: 1, evictionsTtl: 1 });
  });

  it('is not taken before the tier is open', () => {
    const tier = new FastTier();
    tier.get('k');
    expect(tier.used).toEqual([]);
    expect(tier.openings).toBe(1);
    tier.get('k');
    expect(tier.used).toEqual(['get k']);
  });

  it('is not taken after a failure until the next success, nor while the tier is off', () => {
    const tier = openTier();
    tier.handleFailure(new Error('planted'));
    tier.get('one');
    tier.get('two');
    expect(tier.used).toEqual(['get two']);
    for (let i = 0; i < tier.failureThreshold; i++) tier.handleFailure(new Error('planted'));
    expect(tier.enabled).toBe(false);
    tier.get('three');
    tier.peek('three');
    expect(tier.put('three', entryOf('three'))).toBe(false);
    expect(tier.used).toEqual(['get two']);
  });

  it('never gets an invalid argument', () => {
    const tier = openTier();
    for (const key of [5, null, 'k'.repeat(5000)]) {
      expect(() => tier.get(key as never)).toThrow(CacheValidationError);
      expect(() => tier.peek(key as never)).toThrow(CacheValidationError);
      expect(() => tier.put(key as never, entryOf('k'))).toThrow(CacheValidationError);
    }
    expect(() => tier.put('other', entryOf('k'))).toThrow(CacheValidationError);
    expect(() => tier.put('k', entryOf('k').toFields() as never)).toThrow(CacheValidationError);
    expect(tier.used).toEqual([]);
  });

  it('may throw in a put, which is a failure of the tier', () => {
    const tier = openTier();
    tier.planted.set('k', new Error('planted'));
    expect(tier.put('k', entryOf('k'))).toBe(false);
    expect(tier.failureCount).toBe(1);
  });

  it('is refused in an asynchronous tier, whose answers must be promises', () => {
    class FastAsyncTier extends LaterTier {
      protected override fastPeek(): undefined {
        return undefined;
      }
    }
    expect(() => new FastAsyncTier()).toThrow(CacheConfigError);
  });
});
