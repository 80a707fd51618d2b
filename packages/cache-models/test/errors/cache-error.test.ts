import { describe, expect, it } from 'vitest';
import {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  CacheStorageError,
  CacheValidationError,
} from '../../src/index.ts';

describe('errors', () => {
  it.each([
    [CacheCorruptionError, 'CACHE_CORRUPTED', false],
    [CacheStorageError, 'CACHE_STORAGE_FAILED', true],
    [CacheValidationError, 'CACHE_VALIDATION_FAILED', false],
    [CacheConfigError, 'CACHE_CONFIG_INVALID', false],
  ] as const)('%o has its code, tier and cause', (Class, code, retryable) => {
    const cause = new Error('below');
    const error = new Class('what happened', { tier: 'l2', cause });
    expect(error).toBeInstanceOf(Class);
    expect(error).toBeInstanceOf(CacheError);
    expect(error).toBeInstanceOf(Error);
    expect({
      code: error.code,
      tier: error.tier,
      cause: error.cause,
      retryable: error.retryable,
      name: error.name,
    }).toEqual({
      code,
      tier: 'l2',
      cause,
      retryable,
      name: Class.name,
    });
  });

  it('are recognised across copies of the package, and not confused with each other', () => {
    const foreign = {
      [Symbol.for('@pw/cache-models/CacheStorageError')]: true,
      [Symbol.for('@pw/cache-models/CacheError')]: true,
    };
    expect(foreign instanceof CacheStorageError).toBe(true);
    expect(foreign instanceof CacheError).toBe(true);
    expect(foreign instanceof CacheCorruptionError).toBe(false);
    expect(new CacheError('x') instanceof CacheStorageError).toBe(false);
    expect((null as unknown) instanceof CacheError).toBe(false);
  });

  it('do not change instanceof for subclasses by third parties', () => {
    class RedisError extends CacheStorageError {}
    expect(new RedisError('x') instanceof RedisError).toBe(true);
    expect(new CacheStorageError('x') instanceof RedisError).toBe(false);
  });
});
