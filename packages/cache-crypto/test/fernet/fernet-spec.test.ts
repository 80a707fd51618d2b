import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { encodeBase64Url } from '../../src/fernet/base64url.ts';
import { FernetKey } from '../../src/fernet/fernet-key.ts';
import { Fernet } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';
import { type GenerateVector, type InvalidVector, readVectors, type VerifyVector } from './vectors.ts';

const at = (now: string, key: string) => new Fernet(key, { clock: new ManualClock(Date.parse(now)) });

describe("the Fernet specification's vectors", () => {
  it.each(readVectors<GenerateVector[]>('generate'))('generates the token of $src', (vector) => {
    const token = FernetKey.parse(vector.secret).seal(vector.src, Date.parse(vector.now) / 1e3, (target, offset) => {
      target.set(vector.iv, offset);
    });
    expect(encodeBase64Url(token)).toBe(vector.token);
  });

  it.each(readVectors<VerifyVector[]>('verify'))('opens the token of $src', (vector) => {
    const fernet = at(vector.now, vector.secret);
    expect(String(fernet.decrypt(vector.token, { ttlSeconds: vector.ttl_sec }))).toBe(vector.src);
    expect(String(fernet.decrypt(Buffer.from(vector.token), { ttlSeconds: vector.ttl_sec }))).toBe(vector.src);
  });

  it.each(readVectors<InvalidVector[]>('invalid'))('refuses: $desc', (vector) => {
    const fernet = at(vector.now, vector.secret);
    const error = errorOf(() => fernet.decrypt(vector.token, { ttlSeconds: vector.ttl_sec }));
    expect(error.code).toBe('CACHE_CREDENTIAL_UNREADABLE');
    expect(error.message).toMatch(/^Decryption failed/);
  });

  it('refuses each invalid vector for its own reason', () => {
    const reasons = readVectors<InvalidVector[]>('invalid').map(({ desc, now, secret, token, ttl_sec }) => [
      desc,
      errorOf(() => at(now, secret).decrypt(token, { ttlSeconds: ttl_sec }))
        .message.split(', ')
        .slice(1)
        .join(', '),
    ]);
    const shape = 'it is not a Fernet token';
    expect(Object.fromEntries(reasons)).toEqual({
      'incorrect mac': 'none of the keys made it, or it was changed since',
      'too short': shape,
      'invalid base64': shape,
      'payload size not multiple of block size': shape,
      'payload padding error': 'its padding is wrong',
      'far-future TS (unacceptable clock skew)': 'it was created in the future',
      'expired TTL': 'it is older than ttlSeconds',
      'incorrect IV (causes padding error)': 'its padding is wrong',
      'trailing characters after b64 padding': shape,
      'invalid characters in b64': shape,
      'invalid non-urlsafe characters in b64': shape,
    });
  });
});
