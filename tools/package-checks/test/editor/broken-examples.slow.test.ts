import { CacheManager } from '@pw/cache-manager';
import { describe, expect, it } from 'vitest';
import { brokenExamples, examplesOf } from '../../src/editor/broken-examples.ts';
import { publicEntries } from '../../src/workspace.ts';

const examples = examplesOf(publicEntries().map(({ types }) => types));
const names = new Set(examples.map(({ name }) => name));

/** Names that users begin with; each has an example. */
const FIRST_STEPS = [
  'CacheManager.open',
  'openCache',
  'previewFile',
  'TtlManager',
  'MemoryCacheTier.constructor',
  'JsonlCacheTier.constructor',
  'RedisCacheTier.constructor',
  'DiskCacheTier.constructor',
  'SqliteCacheTier.constructor',
  'CredentialEncryptor',
  'Fernet',
  'MultiFernet',
  'generateKey',
  'rotateKey',
  'CacheEntry.create',
  'CacheEntry.with',
  'CacheEntry.toUrl',
  'generateCacheKey',
];

describe('an example', () => {
  it('exists for every method of a cache', () => {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(CacheManager.prototype))
      .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
      .map(([name]) => `CacheManager.${name}`);
    expect(methods.filter((name) => !names.has(name))).toEqual([]);
  });

  it('exists for everything that a user begins with', () => {
    expect(FIRST_STEPS.filter((name) => !names.has(name))).toEqual([]);
  });

  it('compiles', () => {
    expect(brokenExamples(examples)).toEqual([]);
  });

  it('is reported if it does not compile', () => {
    expect(
      brokenExamples([
        { name: 'get', code: 'cach.get(1);' },
        { name: 'put', code: 'await cache.put(5);' },
      ]),
    ).toEqual([
      "get: Cannot find name 'cach'. Did you mean 'cache'?",
      "put: Argument of type 'number' is not assignable to parameter of type 'CacheEntry'.",
    ]);
  });
});
