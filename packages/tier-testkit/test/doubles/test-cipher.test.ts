import { CredentialUnreadableError, Secret } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { TestCipher } from '../../src/index.ts';

const HERE = { role: 'password', origin: 'http://192.0.2.1:80' } as const;
const ELSEWHERE = { role: 'password', origin: 'http://192.0.2.2:80' } as const;
const SECRET = Secret.of('hunter2');

describe('TestCipher', () => {
  it('makes tokens that name their key and do not contain the secret', () => {
    const token = Buffer.from(new TestCipher('new').encrypt(SECRET, HERE)).toString();
    expect(token).toMatch(/^gAAAA\.new\./);
    expect(token).not.toContain('hunter2');
  });

  it('opens its own tokens and those of an older key, which are stale', () => {
    const token = new TestCipher('old').encrypt(SECRET, HERE);
    const cipher = new TestCipher('new', 'old');
    expect(cipher.decrypt(token, HERE).reveal()).toBe('hunter2');
    expect(cipher.stateOf(token, HERE)).toBe('stale');
    expect(cipher.stateOf(cipher.encrypt(SECRET, HERE), HERE)).toBe('current');
  });

  it('refuses a token of an unknown key, and a token that was changed', () => {
    const token = new TestCipher('lost').encrypt(SECRET, HERE);
    const cipher = new TestCipher('new', 'old');
    expect(() => cipher.decrypt(token, HERE)).toThrow(CredentialUnreadableError);
    const changed = Buffer.from(cipher.encrypt(SECRET, HERE));
    changed[changed.length - 1]! ^= 1;
    expect(cipher.stateOf(changed, HERE)).toBe('unknown');
  });

  it('refuses a token that was sealed for another proxy', () => {
    const cipher = new TestCipher();
    const token = cipher.encrypt(SECRET, ELSEWHERE);
    expect(cipher.stateOf(token, HERE)).toBe('elsewhere');
    expect(() => cipher.decrypt(token, HERE)).toThrow(CredentialUnreadableError);
  });
});
