import { type ExpectedEntry, readFixtureJson } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { generateCacheKey, Secret } from '../../src/index.ts';

describe('generateCacheKey', () => {
  it('returns the same keys as ProxyWhirl for the same URLs', () => {
    const { entries } = readFixtureJson<{ entries: Record<string, ExpectedEntry> }>('l2_jsonl.expected.json');
    const hashed = Object.values(entries).filter((entry) => /^[0-9a-f]{16}$/.test(entry.key));
    expect(hashed.length).toBeGreaterThan(100);
    for (const entry of hashed) expect(generateCacheKey(entry.proxy_url)).toBe(entry.key);
  });

  it('hashes the URL exactly as given', () => {
    expect(generateCacheKey('http://A:1')).not.toBe(generateCacheKey('http://a:1'));
    expect(generateCacheKey('http://a:1')).toMatch(/^[0-9a-f]{16}$/);
  });

  it('covers a username if there is one', () => {
    const plain = generateCacheKey('http://a:1');
    expect(generateCacheKey('http://a:1', { username: '' })).toBe(plain);
    expect(generateCacheKey('http://a:1', { username: null })).toBe(plain);
    expect(generateCacheKey('http://a:1', { username: 'u' })).not.toBe(plain);
    expect(generateCacheKey('http://a:1', { username: Secret.of('u') })).toBe(
      generateCacheKey('http://a:1', { username: 'u' }),
    );
  });
});
