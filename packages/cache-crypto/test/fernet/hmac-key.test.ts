import { createHmac, createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacKey } from '../../src/fernet/hmac-key.ts';

const macOf = (key: Uint8Array, message: Uint8Array): string =>
  createHmac('sha256', key).update(message).digest('binary');

describe('HmacKey', () => {
  it('computes the same MACs as createHmac, for any message and order of lengths', () => {
    const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });
    const messages = fc.array(fc.uint8Array({ maxLength: 1200, size: 'max' }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(keys, messages, (key, given) => {
        const hmac = new HmacKey(createSecretKey(key));
        for (const message of given) {
          const longer = Buffer.concat([message, Buffer.from('these bytes are not part of it')]);
          expect(hmac.mac(longer, message.length)).toBe(macOf(key, message));
        }
      }),
    );
  });

  it('computes the same MACs for every length around the size of its buffer', () => {
    const key = Buffer.alloc(16, 7);
    const hmac = new HmacKey(createSecretKey(key));
    for (let length = 0; length <= 1100; length++) {
      const message = Buffer.alloc(length, length);
      expect(hmac.mac(message, length)).toBe(macOf(key, message));
    }
  });

  it('shows nothing of the key', () => {
    const hmac = new HmacKey(createSecretKey(Buffer.alloc(16, 0xab)));
    expect(inspect(hmac, { showHidden: true, depth: 9 })).toBe('HmacKey {}');
    expect(JSON.stringify(hmac)).toBe('{}');
  });
});
