import type { CredentialBinding } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { KnownTokens } from '../../src/binding/known-tokens.ts';

const HERE: CredentialBinding = { role: 'password', origin: 'http://h.example:1' };
const THERE: CredentialBinding = { ...HERE, origin: 'http://evil.example:1' };

describe('known tokens', () => {
  it('are found at the same place, and at no other', () => {
    const known = new KnownTokens();
    known.add('token', { index: 0, state: 'here' }, HERE);
    expect(known.find('token', { ...HERE })).toMatchObject({ index: 0, state: 'here' });
    expect(known.find('token', THERE)).toBeUndefined();
    expect(known.find('token', { ...HERE, role: 'username' })).toBeUndefined();
    expect(known.find('tokeN', HERE)).toBeUndefined();
  });

  it('are found everywhere if they are bound to no place', () => {
    const known = new KnownTokens();
    known.add('token', { index: 1, state: 'none' }, HERE);
    expect(known.find('token', THERE)).toMatchObject({ index: 1, state: 'none' });
  });

  it('are not kept if they belong elsewhere', () => {
    const known = new KnownTokens();
    known.add('token', { index: 0, state: 'elsewhere' }, HERE);
    expect(known.find('token', HERE)).toBeUndefined();
  });

  it('are the newest ones, from at most two generations', () => {
    const known = new KnownTokens();
    for (let n = 0; n < 40_000; n++) known.add(`token ${n}`, { index: 0, state: 'here' }, HERE);
    const found = Array.from({ length: 40_000 }, (_, n) => known.find(`token ${n}`, HERE) !== undefined);
    const count = found.filter(Boolean).length;
    expect(count).toBeGreaterThanOrEqual(8192);
    expect(count).toBeLessThanOrEqual(16_384);
    expect(found.slice(-count).every(Boolean)).toBe(true);
  });
});
