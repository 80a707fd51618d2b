import { inspect } from 'node:util';
import { ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fernet, generateKey } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const KEY = generateKey();
const UNREADABLE = 'CACHE_CREDENTIAL_UNREADABLE';

describe('Fernet', () => {
  it('restores any string and any bytes', () => {
    const fernet = new Fernet(KEY);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(String(fernet.decrypt(fernet.encrypt(text)))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Uint8Array.from(fernet.decrypt(fernet.encrypt(bytes)))).toEqual(bytes);
      }),
    );
  });

  it.each([15, 16, 17, 10_000, 1_000_000])('restores a string of %i bytes', (length) => {
    const fernet = new Fernet(KEY);
    const text = 'ab'.repeat(length).slice(0, length);
    expect(String(fernet.decrypt(fernet.encrypt(text)))).toBe(text);
  });

  it('never uses an initialisation vector twice, even when its pool is refilled', () => {
    const fernet = new Fernet(KEY);
    const vectors = Array.from({ length: 1000 }, () =>
      Buffer.from(String(fernet.encrypt('')), 'base64url')
        .subarray(9, 25)
        .toString('hex'),
    );
    expect(new Set(vectors).size).toBe(1000);
    expect(vectors).not.toContain('0'.repeat(32));
  });

  it('accepts keys as strings and as ASCII bytes', () => {
    const token = new Fernet(KEY).encrypt('x');
    expect(String(new Fernet(Buffer.from(KEY)).decrypt(token))).toBe('x');
  });

  it.each([
    ['empty', ''],
    ['too short', KEY.slice(4)],
    ['too long', `${KEY}AAAA`],
    ['unpadded', KEY.slice(0, 43)],
    ['with a line feed', `${KEY}\n`],
    ['in the standard alphabet', `${'+/'.repeat(21)}A=`],
    ['with a letter beyond ASCII', `é${KEY.slice(1)}`],
    ['given as raw bytes', Buffer.from(KEY, 'base64url')],
    ['a number', 5],
    ['absent', undefined],
  ])('refuses a key that is %s', (_, key) => {
    const error = errorOf(() => new Fernet(key as string));
    expect(error.code).toBe('CACHE_KEY_INVALID');
    expect(error.message).toMatch(/^Invalid Fernet key.*base64url.*npx @pw\/cache-cli generate-key/);
    if (String(key).length > 10) expect(inspect(error)).not.toContain(String(key));
  });

  it('refuses a string with a lone surrogate, which UTF-8 cannot encode', () => {
    const fernet = new Fernet(KEY);
    expect(errorOf(() => fernet.encrypt('a\ud800b')).code).toBe('CACHE_VALIDATION_FAILED');
    expect(errorOf(() => fernet.encrypt('\udc00')).message).toMatch(/^Encryption failed/);
  });

  it.each([undefined, null, 5, {}])('refuses %s in place of a string or a token', (value) => {
    const fernet = new Fernet(KEY);
    expect(errorOf(() => fernet.encrypt(value as unknown as string)).code).toBe('CACHE_VALIDATION_FAILED');
    expect(errorOf(() => fernet.decrypt(value as unknown as string)).code).toBe('CACHE_VALIDATION_FAILED');
  });

  it.each([Number.NaN, -1000, Number.POSITIVE_INFINITY])('fails to seal when the clock returns %d', (now) => {
    const fernet = new Fernet(KEY, { clock: new ManualClock(now) });
    expect(errorOf(() => fernet.encrypt('secret-marker')).message).toBe('Encryption failed');
    expect(inspect(errorOf(() => fernet.encrypt('secret-marker')))).not.toContain('secret-marker');
  });

  it('shows its key in no rendering', () => {
    const fernet = new Fernet(KEY);
    const shown = [
      inspect(fernet, { showHidden: true, getters: true, depth: 9 }),
      JSON.stringify(fernet),
      String(fernet),
    ];
    for (const text of shown) expect(text).not.toContain(KEY.slice(0, 20));
  });
});

describe('the age of a token', () => {
  const clock = new ManualClock(1_700_000_000_000);
  const fernet = new Fernet(KEY, { clock });
  const token = fernet.encrypt('x');
  const opens = (secondsLater: number, ttl?: number | null): boolean => {
    clock.set(1_700_000_000_000 + secondsLater * 1e3);
    try {
      return String(fernet.decrypt(token, ttl === undefined ? {} : { ttlSeconds: ttl })) === 'x';
    } catch {
      return false;
    }
  };

  it('is kept in whole seconds', () => {
    clock.set(1_700_000_000_999);
    expect(fernet.extractTimestamp(fernet.encrypt('x'))).toBe(1_700_000_000_000);
    expect(errorOf(() => new Fernet(generateKey()).extractTimestamp(token)).code).toBe(UNREADABLE);
  });

  it.each([undefined, null])('is not checked with a limit of %s', (ttl) => {
    expect(opens(1e9, ttl)).toBe(true);
    expect(opens(-1e9, ttl)).toBe(true);
  });

  it('may be the ttl, but not more', () => {
    expect(opens(60, 60)).toBe(true);
    expect(opens(61, 60)).toBe(false);
    expect(opens(0, 0)).toBe(true);
    expect(opens(1, 0)).toBe(false);
  });

  it('may be up to 60 s in the future', () => {
    expect(opens(-60, 60)).toBe(true);
    expect(opens(-61, 60)).toBe(false);
  });

  it('is refused if the clock returns NaN', () => {
    expect(opens(Number.NaN, 60)).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 'soon'])('cannot be limited to %s', (ttl) => {
    expect(errorOf(() => fernet.decrypt(token, { ttlSeconds: ttl as number })).code).toBe('CACHE_VALIDATION_FAILED');
  });
});
