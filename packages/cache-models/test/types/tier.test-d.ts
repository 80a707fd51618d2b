import { describe, expectTypeOf, it } from 'vitest';
import {
  BaseTier,
  type CacheConfig,
  type CacheConfigInput,
  type CacheEntry,
  CacheError,
  CacheErrorCode,
  type CacheTier,
  type CredentialCipher,
  type FieldProblem,
  type MaybePromise,
  parseCacheConfig,
  parseTierConfig,
  type TierFactory,
} from '../../src/index.ts';
import { errorCode, ignoreRejection, isPromise, Problems, type TierResult } from '../../src/tier/index.ts';

declare const syncTier: BaseTier<'sync'>;
declare const asyncTier: BaseTier;

describe('types of BaseTier', () => {
  it('returns values in sync mode and promises in async mode', () => {
    expectTypeOf<TierResult<'sync', number>>().toEqualTypeOf<number>();
    expectTypeOf<TierResult<'async', number>>().toEqualTypeOf<Promise<number>>();
    expectTypeOf(syncTier.get('k')).toEqualTypeOf<CacheEntry | undefined>();
    expectTypeOf(asyncTier.get('k')).toEqualTypeOf<Promise<CacheEntry | undefined>>();
    expectTypeOf(syncTier.entries()).toEqualTypeOf<Iterable<CacheEntry>>();
    expectTypeOf(asyncTier.entries()).toEqualTypeOf<AsyncIterable<CacheEntry>>();
    // @ts-expect-error a value has no then
    syncTier.size().then();
    // @ts-expect-error a promise is not a number
    asyncTier.size() + 1;
    // @ts-expect-error only cleanupExpired of a synchronous tier may return a promise
    syncTier.cleanupExpired() + 1;
  });

  it('satisfies the contract in either mode', () => {
    expectTypeOf(syncTier).toExtend<CacheTier>();
    expectTypeOf(asyncTier).toExtend<CacheTier>();
    expectTypeOf(() => syncTier).toExtend<TierFactory>();
    // @ts-expect-error the hooks must be implemented
    new (class extends BaseTier {})({}, { mode: 'async', tierType: 'x', capabilities: syncTier.capabilities });
    // @ts-expect-error hooks are protected
    void syncTier.doGet('k', 0);
    // @ts-expect-error the name of a tier is readonly
    syncTier.name = 'other';
  });

  it('requires the whole contract of a tier that does not extend it', () => {
    // @ts-expect-error an object with a get alone is not a tier
    const tier: CacheTier = { get: () => undefined };
    expectTypeOf(tier).toEqualTypeOf<CacheTier>();
  });
});

describe('types of configurations', () => {
  it('makes every member optional in the input and present in the result', () => {
    expectTypeOf<Record<never, never>>().toExtend<CacheConfigInput>();
    expectTypeOf(parseCacheConfig).returns.toEqualTypeOf<CacheConfig>();
    expectTypeOf(parseCacheConfig().defaultTtlSeconds).toEqualTypeOf<number>();
    expectTypeOf(parseTierConfig().maxEntries).toEqualTypeOf<number | null>();
    // @ts-expect-error a misspelt member is refused
    parseCacheConfig({ defaultTtl: 60 });
    // @ts-expect-error an unknown backend is refused
    parseCacheConfig({ l2Backend: 'redis' });
    // @ts-expect-error a parsed configuration is readonly
    parseCacheConfig().durability = 'full';
  });
});

describe('types of errors and helpers', () => {
  it('lists the codes of errors', () => {
    expectTypeOf(new CacheError('message').code).toEqualTypeOf<CacheErrorCode>();
    expectTypeOf(CacheErrorCode.CLOSED).toEqualTypeOf<'CACHE_CLOSED'>();
    // @ts-expect-error an unknown code is refused
    new CacheError('message', { code: 'CACHE_FULL' });
    // @ts-expect-error an unknown option is refused
    new CacheError('message', { tiers: 'l1' });
  });

  it('reads the code of anything, and ignores the rejection of anything', () => {
    expectTypeOf(errorCode).parameter(0).toBeUnknown();
    expectTypeOf(errorCode).returns.toEqualTypeOf<string | undefined>();
    expectTypeOf(ignoreRejection).parameter(0).toBeUnknown();
    // @ts-expect-error the code may be absent
    errorCode(new Error('x')).startsWith('E');
  });

  it('collects problems with a path and a message', () => {
    expectTypeOf(new Problems().list).toEqualTypeOf<readonly FieldProblem[]>();
    // @ts-expect-error a problem needs a message
    new Problems([{ path: 'limit' }]);
    // @ts-expect-error the error must be a class that takes problems
    new Problems().throwIfAny('what', { error: 'CacheConfigError' });
  });

  it('narrows a value or promise', () => {
    const later = (value: MaybePromise<number>) => (isPromise(value) ? value : value + 1);
    expectTypeOf(later).returns.toEqualTypeOf<number | Promise<number>>();
    // @ts-expect-error a value or promise must be narrowed first
    ((value: MaybePromise<number>) => value + 1)(1);
  });

  it('requires both functions of a cipher', () => {
    expectTypeOf<CredentialCipher['encrypt']>().returns.toEqualTypeOf<Uint8Array>();
    // @ts-expect-error a cipher must be able to decrypt
    const cipher: CredentialCipher = { encrypt: () => new Uint8Array() };
    expectTypeOf(cipher).toEqualTypeOf<CredentialCipher>();
  });
});
