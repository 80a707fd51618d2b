import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { Fernet, generateKey, MultiFernet } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const [KEY, OLD, OLDER] = [generateKey(), generateKey(), generateKey()];

describe('MultiFernet', () => {
  it('works with one key', () => {
    const multi = new MultiFernet([KEY]);
    expect(String(multi.decrypt(multi.encrypt('x')))).toBe('x');
  });

  it('seals with the first key and opens the tokens of all', () => {
    const multi = new MultiFernet([new Fernet(KEY), OLD, Buffer.from(OLDER)]);
    expect(String(new Fernet(KEY).decrypt(multi.encrypt('new')))).toBe('new');
    for (const key of [KEY, OLD, OLDER]) expect(String(multi.decrypt(new Fernet(key).encrypt(key)))).toBe(key);
    expect(errorOf(() => multi.decrypt(new Fernet(generateKey()).encrypt('x'))).code).toBe(
      'CACHE_CREDENTIAL_UNREADABLE',
    );
  });

  it.each([[[]], [''], [KEY.slice(1)], [[KEY, '']], [Buffer.from(KEY)]])('refuses %j in place of keys', (keys) => {
    expect(errorOf(() => new MultiFernet(keys as string[])).code).toBe('CACHE_KEY_INVALID');
  });

  it('rotates a token to the first key and keeps its creation time', () => {
    const clock = new ManualClock(1_600_000_000_000);
    const token = new Fernet(OLD, { clock }).encrypt('x');
    clock.advance(86_400_000);
    const rotated = new MultiFernet([KEY, OLD], { clock }).rotate(token);
    const fernet = new Fernet(KEY, { clock });
    expect(String(fernet.decrypt(rotated))).toBe('x');
    expect(fernet.extractTimestamp(rotated)).toBe(1_600_000_000_000);
    expect(errorOf(() => new MultiFernet([KEY], { clock }).rotate(token)).code).toBe('CACHE_CREDENTIAL_UNREADABLE');
  });

  it('checks the age of a token that an older key made', () => {
    const clock = new ManualClock();
    const multi = new MultiFernet([KEY, OLD], { clock });
    const token = new Fernet(OLD, { clock }).encrypt('x');
    clock.advance(61_000);
    expect(multi.extractTimestamp(token)).toBe(clock.now() - 61_000);
    expect(() => multi.decrypt(token, { ttlSeconds: 60 })).toThrow('older than ttlSeconds');
    expect(() => multi.rotate(token, { ttlSeconds: 60 })).toThrow('older than ttlSeconds');
  });
});
