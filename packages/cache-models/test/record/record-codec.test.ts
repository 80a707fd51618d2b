import { entryInputs } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CacheCorruptionError,
  CacheEntry,
  CacheError,
  CacheValidationError,
  type CredentialCipher,
  CredentialUnreadableError,
  entryToRecord,
  recordChecksum,
  recordToEntry,
  Secret,
} from '../../src/index.ts';
import { RECORD_MEMBERS } from '../../src/tier/index.ts';

/** A cipher that encodes instead of encrypting, and recognises its own tokens and their bindings. */
const cipher: CredentialCipher = {
  encrypt: (secret, place) =>
    Buffer.from(`sealed:${place?.role}:${encoded(place?.origin)}:${encoded(secret.reveal())}`),
  decrypt: (token) => Secret.of(Buffer.from(textOf(token).split(':')[3]!, 'base64').toString()),
  stateOf: (token, { role, origin }) => {
    const [sealed, tokenRole, tokenOrigin] = textOf(token).split(':');
    if (sealed !== 'sealed') return 'unknown';
    return tokenRole === role && tokenOrigin === encoded(origin) ? 'current' : 'elsewhere';
  },
};

function encoded(text = ''): string {
  return Buffer.from(text).toString('base64');
}

function textOf(token: Uint8Array): string {
  return Buffer.from(token).toString();
}

const reasonOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof CredentialUnreadableError ? error.reason : error;
  }
  return undefined;
};

const plain = (entry: CacheEntry) => ({
  ...entry.toFields(),
  username: entry.username?.reveal() ?? null,
  password: entry.password?.reveal() ?? null,
});

const base = () =>
  JSON.parse(JSON.stringify(entryToRecord(CacheEntry.create({ proxyUrl: 'http://h.example:1' }), undefined))) as Record<
    string,
    unknown
  >;

describe('the record codec', () => {
  it('restores any entry exactly, through JSON', () => {
    fc.assert(
      fc.property(entryInputs, (input) => {
        const entry = CacheEntry.create(input);
        const text = JSON.stringify(entryToRecord(entry, cipher));
        expect(plain(recordToEntry(JSON.parse(text), cipher))).toEqual(plain(entry));
      }),
      { numRuns: 500 },
    );
  });

  it('writes ProxyWhirl’s members in its order, and no token member without a credential', () => {
    const entry = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' });
    expect(Object.keys(entryToRecord(entry, cipher))).toEqual([...RECORD_MEMBERS]);
    const bare = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
    expect(Object.keys(entryToRecord(bare, undefined))).toEqual(RECORD_MEMBERS.slice(0, 19));
  });

  it('never writes an unencrypted credential, and refuses credentials without a cipher', () => {
    const entry = CacheEntry.create({ proxyUrl: 'http://marker-user:marker-pass@h.example:1' });
    expect(JSON.stringify(entryToRecord(entry, cipher))).not.toContain('marker');
    expect(() => entryToRecord(entry, undefined)).toThrow(CacheValidationError);
  });

  it('opens no token without a cipher, and no token that no key made', () => {
    const record = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' }), cipher);
    const codeOf = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return (error as CacheError).code;
      }
      return undefined;
    };
    expect(codeOf(() => recordToEntry(record, undefined))).toBe('CACHE_CREDENTIAL_UNREADABLE');
    const foreign = { ...record, password_encrypted: Buffer.from('other:xyz').toString('hex') };
    expect(codeOf(() => recordToEntry(foreign, cipher))).toBe('CACHE_CREDENTIAL_UNREADABLE');
    expect(codeOf(() => recordToEntry({ ...record, password_encrypted: 'not hex' }, cipher))).toBe(
      'CACHE_CREDENTIAL_UNREADABLE',
    );
  });

  it('opens no token at another proxy or in another role', () => {
    const record = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' }), cipher);
    const moved = { ...record, proxy_url: 'http://evil.example:1' };
    const swapped = {
      ...record,
      username_encrypted: record.password_encrypted,
      password_encrypted: record.username_encrypted,
    };
    expect(reasonOf(() => recordToEntry(moved, cipher))).toBe('elsewhere');
    expect(reasonOf(() => recordToEntry(swapped, cipher))).toBe('elsewhere');
    const respelt = { ...record, proxy_url: 'HTTP://H.example:1/' };
    expect(recordToEntry(respelt, cipher).password?.reveal()).toBe('p');
  });

  it('seals the credentials of an entry whose URL changed for its new proxy', () => {
    const record = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' }), cipher);
    const moved = recordToEntry(record, cipher).with({ proxyUrl: 'http://new.example:1' });
    expect(recordToEntry(entryToRecord(moved, cipher), cipher).password?.reveal()).toBe('p');
  });

  it('decrypts immediately with a cipher without stateOf', () => {
    const simple: CredentialCipher = { encrypt: cipher.encrypt, decrypt: cipher.decrypt };
    const record = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' }), simple);
    expect(recordToEntry(record, simple).password?.reveal()).toBe('p');
  });

  it('accepts the same lenient forms as ProxyWhirl', () => {
    const entry = recordToEntry(
      {
        ...base(),
        access_count: '7',
        ttl_seconds: 60.0,
        fetch_time: 1704164645.5,
        expires_at: '2036-01-01',
        username: 'bob',
        password_encrypted: null,
        evicted_from_l1: 'True',
        created_by: 'someone',
        proxy_url: 'not a url at all',
      },
      undefined,
    );
    expect(entry.accessCount).toBe(7);
    expect(entry.fetchTime).toBe(1704164645500);
    expect(entry.expiresAt).toBe(Date.UTC(2036, 0, 1));
    expect(entry.username?.reveal()).toBe('bob');
    expect(entry.evictedFromL1).toBe(true);
    expect(entry.proxyUrl).toBe('not a url at all');
  });

  it.each([
    ['key', 5],
    ['proxy_url', undefined],
    ['source', null],
    ['fetch_time', 'yesterday'],
    ['expires_at', undefined],
    ['last_accessed', undefined],
    ['ttl_seconds', 60.5],
    ['failure_count', -1],
    ['health_status', 'HEALTHY'],
    ['access_count', 'many'],
    ['access_count', '9'.repeat(400)],
    ['failure_count', 2 ** 53],
    ['ttl_seconds', '9007199254740993'],
    ['total_health_checks', 1e300],
    ['evicted_from_l1', 'maybe'],
    ['last_health_error', 5],
  ])('names the member when %s is %j', (member, value) => {
    const read = () => recordToEntry({ ...base(), [member]: value }, undefined);
    expect(read).toThrow(CacheCorruptionError);
    expect(read).toThrow(new RegExp(member));
  });

  it.each([null, 1, 'text', [], undefined])('refuses %j as a record', (value) => {
    expect(() => recordToEntry(value, undefined)).toThrow(CacheCorruptionError);
  });

  it('throws only its own errors, for any input', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...RECORD_MEMBERS, 'username', '__proto__'), fc.jsonValue()),
        (record) => {
          try {
            recordToEntry(record, cipher);
          } catch (error) {
            expect(error).toBeInstanceOf(CacheError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('recordChecksum', () => {
  it('covers the values, not their formatting', () => {
    const record = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1', source: 'ист' }), cipher);
    const reprinted = JSON.parse(JSON.stringify(record, null, 1));
    expect(recordChecksum({ ...reprinted, note: 'unknown member' })).toBe(recordChecksum(record));
    expect(recordChecksum(record)).toMatch(/^[0-9a-f]{8}$/);
  });

  it('changes with any member, and with tokens swapped between two records', () => {
    const a = entryToRecord(CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' }), cipher);
    const b = entryToRecord(CacheEntry.create({ proxyUrl: 'http://v:q@i.example:1' }), cipher);
    const sum = recordChecksum(a);
    for (const member of RECORD_MEMBERS) expect(recordChecksum({ ...a, [member]: 'changed' })).not.toBe(sum);
    expect(recordChecksum({ ...a, password_encrypted: b.password_encrypted! })).not.toBe(sum);
  });
});
