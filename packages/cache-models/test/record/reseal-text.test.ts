import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheError, CacheErrorCode, type CredentialCipher, Secret } from '../../src/index.ts';
import { mayHoldToken, resealText } from '../../src/tier/index.ts';

/** A cipher whose tokens begin like Fernet's, contain the secret unencrypted, and identify the key that made them. */
function cipherOf(key: string, ...older: string[]): CredentialCipher {
  const tag = (by: string, body: string) => createHash('sha256').update(`${by}:${body}`).digest('hex').slice(0, 16);
  const makerOf = (token: Uint8Array) => {
    const [head, body = '', sum] = Buffer.from(token).toString('latin1').split('-');
    return head === 'gAAAAA' ? [key, ...older].find((by) => tag(by, body) === sum) : undefined;
  };
  return {
    encrypt: (secret) => {
      const body = Buffer.from(secret.reveal()).toString('hex');
      return Buffer.from(`gAAAAA-${body}-${tag(key, body)}`);
    },
    decrypt: (token) => {
      if (makerOf(token) === undefined) throw new CacheError('no', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
      return Secret.of(Buffer.from(Buffer.from(token).toString('latin1').split('-')[1]!, 'hex').toString());
    },
    stateOf: (token) => {
      const maker = makerOf(token);
      return maker === undefined ? 'unknown' : maker === key ? 'current' : 'stale';
    },
  };
}

const [OLD, NEW, BOTH, LOST] = [cipherOf('old'), cipherOf('new'), cipherOf('new', 'old'), cipherOf('lost')];
const hex = (cipher: CredentialCipher, text: string) => Buffer.from(cipher.encrypt(Secret.of(text))).toString('hex');
const record = (cipher: CredentialCipher, more: object = {}) => ({
  key: 'k',
  proxy_url: 'http://h.example:1',
  username_encrypted: hex(cipher, 'ann'),
  password_encrypted: hex(cipher, 'pass'),
  checksum: '00000000',
  ...more,
});
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const text = (bytes: Buffer | undefined) => bytes?.toString('latin1');

describe('resealText', () => {
  it('replaces old tokens by new ones, and changes no other byte', () => {
    const { bytes, isLeft } = resealText(json(record(OLD, { odd: 'é "_" \\u0041' })), BOTH);
    expect(isLeft).toBe(false);
    expect(bytes).toEqual(json({ ...record(NEW), odd: 'é "_" \\u0041' }));
  });

  it('does not change tokens of the current key, or bytes without tokens', () => {
    for (const line of [json(record(NEW)), json({ key: 'k' }), json({ username_encrypted: null }), Buffer.from('{"a')])
      expect(resealText(line, BOTH)).toEqual({ bytes: undefined, isLeft: false });
  });

  it('reports a token that no key opens, and seals the one beside it again', () => {
    const line = json(record(OLD, { password_encrypted: hex(LOST, 'pass') }));
    const { bytes, isLeft } = resealText(line, BOTH);
    expect(isLeft).toBe(true);
    expect(JSON.parse(text(bytes)!)).toEqual({ ...record(NEW), password_encrypted: hex(LOST, 'pass') });
  });

  it('seals the tokens in half a record, and in two records on one line', () => {
    const whole = text(json(record(OLD)))!;
    const half = whole.slice(0, whole.indexOf('"password_encrypted') + 40);
    expect(text(resealText(Buffer.from(half), BOTH).bytes)).toBe(half.replace(hex(OLD, 'ann'), hex(NEW, 'ann')));
    expect(resealText(Buffer.from(half), BOTH).isLeft).toBe(true);
    const two = resealText(Buffer.from(whole + whole), BOTH);
    expect(two).toEqual({ bytes: Buffer.from(text(json(record(NEW)))!.repeat(2)), isLeft: false });
  });

  it.each([
    ['a member with another name', { token: hex(OLD, 'x') }],
    ['a token that is not in hex', { username: text(Buffer.from(OLD.encrypt(Secret.of('x')))) }],
    ['a list', [hex(OLD, 'x')]],
    ['a token that is not a string', { username_encrypted: [hex(OLD, 'x')] }],
  ])('reports a token in %s', (_, value) => {
    expect(resealText(json(value), BOTH)).toEqual({ bytes: undefined, isLeft: true });
  });

  it('seals both of two members with the same name', () => {
    const line = `{"username_encrypted":"${hex(OLD, 'a')}","username_encrypted":"${hex(OLD, 'b')}"}`;
    const fresh = `{"username_encrypted":"${hex(NEW, 'a')}","username_encrypted":"${hex(NEW, 'b')}"}`;
    expect(text(resealText(Buffer.from(line), BOTH).bytes)).toBe(fresh);
  });

  it('tries a limited number of tokens of a line and reports the rest', () => {
    const line = Buffer.from(`"username_encrypted":"${hex(OLD, 'a')}",`.repeat(1000));
    const { bytes, isLeft } = resealText(line, BOTH);
    expect(isLeft).toBe(true);
    expect(text(bytes)!.split(hex(NEW, 'a')).length - 1).toBe(32);
  });

  it('accepts any bytes', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(json(record(OLD)), json(record(NEW)), Buffer.from('"proxy_url":"\\'), Buffer.from('_encrypted"')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const line = Buffer.concat(parts);
        const { bytes = line, isLeft } = resealText(line, BOTH);
        // A second call has nothing to do and returns the same `isLeft`.
        expect(resealText(bytes, BOTH)).toEqual({ bytes: undefined, isLeft });
        if (!isLeft) for (const secret of ['ann', 'pass']) expect(bytes.includes(hex(OLD, secret))).toBe(false);
        if (!mayHoldToken(line)) expect(isLeft).toBe(false);
      }),
    );
  });
});
