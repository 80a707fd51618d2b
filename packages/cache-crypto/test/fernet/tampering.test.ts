import { createHmac } from 'node:crypto';
import { Secret } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from '../../src/fernet/base64url.ts';
import { CredentialEncryptor, Fernet, generateKey, MultiFernet } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const KEY = generateKey();
const fernet = new Fernet(KEY);
const both = new MultiFernet([generateKey(), fernet]);
const encryptor = new CredentialEncryptor({ key: KEY, env: {} });
// Plaintexts of 1, 16 and 33 bytes: tokens that end with two, no and one padding characters.
const TOKENS = ['x', 'exactly16bytes!!', 'y'.repeat(33)].map((text) => Buffer.from(fernet.encrypt(text)));

function refusedByAll(token: Uint8Array): boolean {
  for (const cipher of [fernet, both]) {
    if (errorOf(() => cipher.decrypt(token)).code !== 'CACHE_CREDENTIAL_UNREADABLE') return false;
  }
  if (errorOf(() => encryptor.decrypt(token)).code !== 'CACHE_CREDENTIAL_UNREADABLE') return false;
  return encryptor.keyOf(token) === undefined;
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

describe('a token that was changed', () => {
  it.each(TOKENS)('is refused if any single bit of its encoded form is flipped', (token) => {
    expect(fernet.decrypt(token).length).toBeGreaterThan(0);
    const accepted = Array.from({ length: token.length * 8 }, (_, bit) => bit).filter(
      (bit) => !refusedByAll(flipped(token, bit)),
    );
    expect(accepted).toEqual([]);
  });

  it.each(TOKENS)('is refused if any single bit of its decoded form is flipped', (token) => {
    const bytes = decodeBase64Url(token.toString())!;
    const accepted = Array.from({ length: bytes.length * 8 }, (_, bit) => bit).filter(
      (bit) => !refusedByAll(Buffer.from(encodeBase64Url(flipped(bytes, bit)))),
    );
    expect(accepted).toEqual([]);
  });

  it.each(TOKENS)('is refused if it is truncated at either end', (token) => {
    for (let length = 1; length < token.length; length++) {
      expect(refusedByAll(token.subarray(0, length))).toBe(true);
      expect(refusedByAll(token.subarray(length))).toBe(true);
    }
    expect(errorOf(() => fernet.decrypt('')).code).toBe('CACHE_CREDENTIAL_UNREADABLE');
  });

  it.each(TOKENS)('is refused if its decoded form is shortened or extended', (token) => {
    const bytes = decodeBase64Url(token.toString())!;
    for (let length = 0; length < bytes.length; length++) {
      if (length > 0) expect(refusedByAll(Buffer.from(encodeBase64Url(bytes.subarray(0, length))))).toBe(true);
    }
    for (const extra of [1, 16, 32]) {
      const grown = Buffer.concat([bytes, Buffer.alloc(extra)]);
      expect(refusedByAll(Buffer.from(encodeBase64Url(grown)))).toBe(true);
    }
  });

  it('is refused in any other spelling: with another alphabet, white space, missing or additional padding', () => {
    // Enough tokens for each of the replaced characters to occur in some of them.
    const tokens = Array.from({ length: 50 }, () => String(fernet.encrypt('x')));
    const spellings: ((token: string) => string)[] = [
      (token) => token.replaceAll('=', ''),
      (token) => `${token}=`,
      (token) => `${token}\n`,
      (token) => ` ${token}`,
      (token) => `${token.slice(0, 60)}\n${token.slice(60)}`,
      (token) => token.replaceAll('-', '+'),
      (token) => token.replaceAll('_', '/'),
    ];
    for (const respell of spellings) {
      const changed = tokens
        .map((token) => [token, respell(token)] as const)
        .filter(([token, other]) => token !== other);
      expect(changed.length).toBeGreaterThan(0);
      for (const [, other] of changed) expect(refusedByAll(Buffer.from(other))).toBe(true);
    }
  });

  it('is refused by a key that shares only the encryption half: the MAC decides', () => {
    const [mine, other] = [Buffer.from(KEY, 'base64url'), Buffer.from(generateKey(), 'base64url')];
    const half = new Fernet(encodeBase64Url(Buffer.concat([other.subarray(0, 16), mine.subarray(16)])));
    expect(() => half.decrypt(fernet.encrypt('x'))).toThrow('none of the keys made it');
  });

  it('is refused with another version byte, even under a MAC of the right key', () => {
    const bytes = decodeBase64Url(String(TOKENS[0]))!;
    const signed = (version: number) => {
      bytes[0] = version;
      const mac = createHmac('sha256', Buffer.from(KEY, 'base64url').subarray(0, 16)).update(bytes.subarray(0, -32));
      return Buffer.from(encodeBase64Url(Buffer.concat([bytes.subarray(0, -32), mac.digest()])));
    };
    expect(String(fernet.decrypt(signed(0x80)))).toBe('x');
    for (const version of [0x00, 0x7f, 0x81, 0xff]) expect(refusedByAll(signed(version))).toBe(true);
  });

  it('shows neither token nor secret in its error', () => {
    const token = encryptor.encrypt(Secret.of('marker-secret'));
    const error = errorOf(() => encryptor.decrypt(flipped(Buffer.from(token), 400)));
    expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/marker|gAAAA/);
  });
});
