import { type CredentialBinding, CredentialUnreadableError, Secret } from '@pw/cache-models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from '../../src/fernet/base64url.ts';
import { CredentialEncryptor, type CredentialEncryptorOptions, Fernet, generateKey } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const KEY = generateKey();
const HERE: CredentialBinding = { role: 'password', origin: 'http://gate.example:22225' };
const ELSEWHERE: readonly CredentialBinding[] = [
  { ...HERE, role: 'username' },
  { ...HERE, origin: 'http://evil.example:22225' },
  { ...HERE, origin: 'https://gate.example:22225' },
  { ...HERE, origin: 'http://gate.example:22226' },
  { ...HERE, origin: '' },
];

const encryptorOf = (options: CredentialEncryptorOptions = {}) =>
  new CredentialEncryptor({ key: KEY, env: {}, ...options });
const encryptor = encryptorOf();
const sealed = (text = 'hunter2', binding?: CredentialBinding, by = encryptor) =>
  Buffer.from(by.encrypt(Secret.of(text), binding));
const reasonOf = (work: () => unknown): unknown => {
  const error = errorOf(work);
  return error instanceof CredentialUnreadableError ? error.reason : error.message;
};

describe('a bound token', () => {
  it('opens at its place, and is current there', () => {
    const token = sealed('hunter2', HERE);
    expect(encryptor.decrypt(token, { ...HERE }).reveal()).toBe('hunter2');
    expect(encryptor.stateOf(token, { ...HERE })).toBe('current');
  });

  it.each(ELSEWHERE)('opens nowhere else: %j', (binding) => {
    const token = sealed('hunter2', HERE);
    expect(encryptor.stateOf(token, binding)).toBe('elsewhere');
    expect(reasonOf(() => encryptor.decrypt(token, binding))).toBe('elsewhere');
  });

  it('is an ordinary Fernet token for holders of the key that use no binding', () => {
    const token = sealed('hunter2', HERE);
    expect(String(new Fernet(KEY).decrypt(token))).toBe('hunter2');
    expect(encryptor.decrypt(token).reveal()).toBe('hunter2');
    expect(encryptor.keyOf(token)).toBe('current');
  });

  it('is stale under an older key, but still bound', () => {
    const token = sealed('hunter2', HERE);
    const rotated = encryptorOf({ key: generateKey(), previousKeys: [KEY] });
    expect(rotated.stateOf(token, HERE)).toBe('stale');
    expect(rotated.decrypt(token, HERE).reveal()).toBe('hunter2');
    expect(ELSEWHERE.map((binding) => rotated.stateOf(token, binding))).toEqual(ELSEWHERE.map(() => 'elsewhere'));
  });

  it('is unknown to another key, at any place', () => {
    const other = encryptorOf({ key: generateKey() });
    expect([HERE, ...ELSEWHERE].map((binding) => other.stateOf(sealed('x', HERE), binding))).toEqual(
      [HERE, ...ELSEWHERE].map(() => 'unknown'),
    );
  });

  it('has a new initialisation vector each time, which reveals nothing about the place', () => {
    const ivs = Array.from({ length: 2000 }, () => decodeBase64Url(sealed('x', HERE).toString())!.subarray(9, 25));
    expect(new Set(ivs.map((iv) => iv.toString('hex'))).size).toBe(2000);
    // Each byte takes nearly all of its 256 values: a fixed mark or tag would show as one.
    for (let at = 0; at < 16; at++) expect(new Set(ivs.map((iv) => iv[at])).size).toBeGreaterThan(240);
  });

  it('distinguishes origins that differ in a lone surrogate', () => {
    const [one, other] = ['\ud800', '\ud801'].map((origin) => ({ role: 'password', origin }) as const);
    expect(encryptor.stateOf(sealed('x', one), other!)).toBe('elsewhere');
  });

  it('opens for the roles and origins that it was sealed for and for no others', () => {
    const place = fc.record({
      role: fc.constantFrom('username' as const, 'password' as const),
      origin: fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.webUrl()),
    });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), place, place, (text, mine, other) => {
        if (!text.isWellFormed()) return;
        const token = sealed(text, mine);
        expect(encryptor.decrypt(token, mine).reveal()).toBe(text);
        const isSame = mine.role === other.role && mine.origin === other.origin;
        expect(encryptor.stateOf(token, other)).toBe(isSame ? 'current' : 'elsewhere');
      }),
      { numRuns: 500 },
    );
  });
});

describe('a token that is bound to no place', () => {
  const foreign = Buffer.from(new Fernet(KEY).encrypt('hunter2'));

  it.each([
    ['of another program', foreign],
    ['of encrypt without a binding', sealed('hunter2')],
  ])('%s opens anywhere and should be sealed again', (_, token) => {
    expect(encryptor.decrypt(token, HERE).reveal()).toBe('hunter2');
    expect(encryptor.stateOf(token, HERE)).toBe('stale');
  });

  it('is refused by an encryptor that refuses foreign tokens, and opens without a place', () => {
    const strict = encryptorOf({ foreignTokens: 'refuse' });
    expect(strict.stateOf(foreign, HERE)).toBe('refused');
    expect(reasonOf(() => strict.decrypt(foreign, HERE))).toBe('refused');
    expect(strict.decrypt(foreign).reveal()).toBe('hunter2');
    expect(strict.decrypt(sealed('x', HERE), HERE).reveal()).toBe('x');
  });

  it('is never mistaken for a bound one in 100,000 attempts', () => {
    const fernet = new Fernet(KEY);
    const states = Array.from({ length: 100_000 }, () => encryptor.stateOf(fernet.encrypt('x'), HERE));
    expect(states.filter((state) => state !== 'stale')).toEqual([]);
  });
});

describe('a wrong option or binding', () => {
  it('is refused with an error that names foreignTokens', () => {
    const wrong = () => encryptorOf({ foreignTokens: 'reject' as 'refuse' });
    expect(errorOf(wrong)).toMatchObject({ code: 'CACHE_CONFIG_INVALID', problems: [{ path: 'foreignTokens' }] });
  });

  it('is refused if it is misspelt, because foreign tokens would silently be accepted', () => {
    const wrong = () => encryptorOf({ foreignToken: 'refuse' } as CredentialEncryptorOptions);
    expect(errorOf(wrong).message).toContain('did you mean foreignTokens?');
  });

  it.each([
    { role: 'token', origin: 'http://h:1' },
    { role: '__proto__', origin: 'http://h:1' },
    { role: 'password' },
    { origin: 'http://h:1' },
    'password',
  ])('is refused: %j', (binding) => {
    const wrong = binding as unknown as CredentialBinding;
    for (const work of [
      () => encryptor.encrypt(Secret.of('x'), wrong),
      () => encryptor.decrypt(sealed('x', HERE), wrong),
      () => encryptor.stateOf(sealed('x', HERE), wrong),
    ])
      expect(errorOf(work).code).toBe('CACHE_VALIDATION_FAILED');
  });
});

describe('60,000 changed and moved tokens', () => {
  const ORIGINS = Array.from({ length: 20 }, (_, n) => `http://gate-${n}.example:${8000 + n}`);
  const places = ORIGINS.flatMap((origin) => [
    { role: 'username', origin } as const,
    { role: 'password', origin } as const,
  ]);
  const tokens = places.map((place) => sealed(`secret of ${place.role} at ${place.origin}`, place));
  const contents = tokens.map((token) => decodeBase64Url(token.toString())!);

  // A deterministic generator, so that a failure can be reproduced.
  let seed = 20_261_129;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };

  const changes: Record<string, (content: Buffer) => Buffer> = {
    'flipped bits': (content) => {
      for (let n = 0; n <= random(3); n++) content[random(content.length)]! ^= 1 << random(8);
      return content;
    },
    'the initialisation vector of another token': (content) => {
      contents[random(contents.length)]!.copy(content, 9, 9, 25);
      return content;
    },
    'the body of another token': (content) => {
      const other = contents[random(contents.length)]!;
      return Buffer.concat([content.subarray(0, 25), other.subarray(25, -32), content.subarray(-32)]);
    },
    'the MAC of another token': (content) => {
      contents[random(contents.length)]!.subarray(-32).copy(content, content.length - 32);
      return content;
    },
    'swapped blocks': (content) => {
      const [a, b] = [25 + 16 * random(2), 25 + 16 * random(2)];
      const block = Buffer.from(content.subarray(a, a + 16));
      content.copyWithin(a, b, b + 16);
      block.copy(content, b);
      return content;
    },
    'missing bytes at the end': (content) => content.subarray(0, 1 + random(content.length - 1)),
  };

  it.each(Object.keys(changes))('do not open with %s', (name) => {
    const accepted: string[] = [];
    for (let n = 0; n < 8000; n++) {
      const at = random(tokens.length);
      const changed = changes[name]!(Buffer.from(contents[at]!));
      if (changed.equals(contents[at]!)) continue;
      const state = encryptor.stateOf(Buffer.from(encodeBase64Url(changed)), places[at]!);
      if (state !== 'unknown') accepted.push(`${at}: ${state}`);
    }
    expect(accepted).toEqual([]);
  });

  it('do not open in another role or at another origin', () => {
    const opened: string[] = [];
    for (let n = 0; n < 12_000; n++) {
      const from = random(tokens.length);
      const place =
        n % 2 === 0 ? places[random(places.length)]! : { ...places[from]!, origin: `http://evil-${n}.example:80` };
      if (place.role === places[from]!.role && place.origin === places[from]!.origin) continue;
      if (encryptor.stateOf(tokens[from]!, place) !== 'elsewhere') opened.push(`${from} at ${place.origin}`);
    }
    expect(opened).toEqual([]);
  });
});

describe('a token that was verified before', () => {
  it('has the same state again, and the right state at another place', () => {
    const token = sealed('hunter2', HERE);
    for (let times = 0; times < 3; times++) {
      expect(encryptor.stateOf(token, HERE)).toBe('current');
      expect(encryptor.stateOf(token, ELSEWHERE[1]!)).toBe('elsewhere');
    }
  });

  it('does not make a token that differs from it in one bit valid', () => {
    const token = sealed('hunter2', HERE);
    expect(encryptor.stateOf(token, HERE)).toBe('current');
    for (let bit = 0; bit < token.length * 8; bit++) {
      const other = Buffer.from(token);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(encryptor.stateOf(other, HERE)).toBe('unknown');
    }
  });

  it('is remembered by value: a reused buffer is verified again', () => {
    const buffer = Buffer.from(sealed('hunter2', HERE));
    expect(encryptor.stateOf(buffer, HERE)).toBe('current');
    buffer[80]! ^= 1;
    expect(encryptor.stateOf(buffer, HERE)).toBe('unknown');
  });
});
