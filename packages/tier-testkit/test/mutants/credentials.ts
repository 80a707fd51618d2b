import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CacheEntry,
  type CredentialBinding,
  type CredentialCipher,
  type CredentialRole,
  entryToRecord,
  type ProxyRecord,
  recordToEntry,
  type Secret,
} from '@pw/cache-models';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** A table that also writes the password, transformed by `write`. */
function leaking(write: (password: string) => string) {
  return class extends FileTable {
    protected override encoded(entry: CacheEntry): ProxyRecord {
      const record = super.encoded(entry);
      return entry.password === null ? record : ({ ...record, note: write(entry.password.reveal()) } as ProxyRecord);
    }
  };
}

function inHex(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('hex');
}

export const credentialMutants: readonly Mutant[] = [
  plantInTable(
    'secret-in-clear',
    'Writes a password into its file in clear.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    leaking((password) => password),
  ),
  plantInTable(
    'secret-in-base64',
    'Writes a password into its file in base64.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    leaking((password) => Buffer.from(password).toString('base64')),
  ),
  plantInTable(
    'secret-in-hex',
    'Writes a password into its file in hex.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    leaking((password) => Buffer.from(password).toString('hex')),
  ),
  plantInTable(
    'secret-in-a-url',
    'Writes a password into its file with percent escapes, as in a URL.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    leaking((password) => encodeURIComponent(password)),
  ),
  plantInTable(
    'secret-backwards',
    'Writes a password into its file backwards.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    leaking((password) => [...password].reverse().join('')),
  ),
  plant(
    'secret-in-a-second-file',
    'Writes a password into a second file.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    class extends FileTier {
      override async put(key: string, entry: CacheEntry): Promise<boolean> {
        const stored = await super.put(key, entry);
        if (stored) appendFileSync(join(this.setup.directory, 'journal'), `${key} ${entry.password?.reveal()}\n`);
        return stored;
      }
    },
  ),
  plant(
    'secret-logged',
    'Logs a password.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        this.setup.logger.debug({ key, user: entry.username?.reveal() }, `put with ${entry.password?.reveal()}`);
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'secret-in-an-error',
    'Quotes a password in the error for an invalid argument.',
    ['credentials', 'quotes no credential in an error'],
    class extends MapTier {
      override checkEntry(key: unknown, entry: CacheEntry): void {
        if (CacheEntry.isCacheEntry(entry) && key !== entry.key)
          this.refuse('key', `not of ${entry.password?.reveal()}`);
        super.checkEntry(key, entry);
      }
    },
  ),
  plant(
    'secret-shown',
    'Shows a password when the tier is printed.',
    ['credentials', 'shows no credential when it is printed'],
    class extends MapTier {
      readonly passwords: string[] = [];
      protected override store(key: string, entry: CacheEntry): boolean {
        this.passwords.push(entry.password?.reveal() ?? '');
        return super.store(key, entry);
      }
    },
  ),
  plantInTable(
    'credentials-dropped-without-a-cipher',
    'Drops the credentials of an entry when there is no cipher.',
    ['credentials', 'refuses credentials without a cipher'],
    class extends FileTable {
      protected override checkCredentials(): void {}
      protected override encoded(entry: CacheEntry): ProxyRecord {
        const bare = this.setup.cipher === undefined ? { username: null, password: null } : {};
        return super.encoded(CacheEntry.restore({ ...entry.toFields(), ...bare }));
      }
    },
  ),
  plantInTable(
    'credentials-in-clear-without-a-cipher',
    'Stores credentials in clear when there is no cipher.',
    ['credentials', 'refuses credentials without a cipher'],
    class extends FileTable {
      protected override checkCredentials(): void {}
      protected override encoded(entry: CacheEntry): ProxyRecord {
        const { username, password } = entry;
        if (this.setup.cipher !== undefined) return super.encoded(entry);
        const record = super.encoded(CacheEntry.restore({ ...entry.toFields(), username: null, password: null }));
        return Object.assign(record, { username: username?.reveal(), password: password?.reveal() });
      }
    },
  ),
  plant(
    'refusal-without-a-cipher-deletes',
    'Refuses credentials without a cipher, but removes the existing entry.',
    ['credentials', 'refuses credentials without a cipher'],
    class extends FileTier {
      override async put(key: string, entry: CacheEntry): Promise<boolean> {
        try {
          return await super.put(key, entry);
        } catch (error) {
          await this.delete(key);
          throw error;
        }
      }
    },
  ),
  plantInTable(
    'encoded-instead-of-sealed',
    'Stores credentials in hex, so that any key opens them.',
    ['credentials', 'writes no credential in clear or in a reversible encoding'],
    class extends FileTable {
      protected override encoded(entry: CacheEntry): ProxyRecord {
        const record = super.encoded(CacheEntry.restore({ ...entry.toFields(), username: null, password: null }));
        const { username, password } = entry;
        return Object.assign(record, { user: username && inHex(username), pass: password && inHex(password) });
      }
      protected override decoded(record: ProxyRecord & { user?: string | null; pass?: string | null }) {
        const plain = (hex: string | null | undefined) => hex && Buffer.from(hex, 'hex').toString();
        return super.decoded({ ...record, username: plain(record.user), password: plain(record.pass) } as ProxyRecord);
      }
    },
  ),
  plantInTable(
    'wrong-key-throws',
    'Throws when it reads an entry that no key opens.',
    ['credentials', 'misses exactly the entries that no key opens'],
    class extends FileTable {
      protected override lookUp(key: string): CacheEntry | undefined {
        if (this.unreadable.has(key)) this.refuse('key', 'no key opens the entry');
        return super.lookUp(key);
      }
    },
  ),
  plantInTable(
    'wrong-key-deletes',
    'Removes an entry that no key opens.',
    ['credentials', 'keeps every entry while it is opened with a wrong key'],
    class extends FileTable {
      override load(text: string): void {
        super.load(text);
        this.changed = this.unreadable.size > 0;
        this.unreadable.clear();
      }
    },
  ),
  plantInTable(
    'wrong-key-switches-off',
    'Counts an entry that no key opens as a failure, and switches itself off.',
    ['credentials', 'counts an entry that no key opens as undecryptable, not as a failure'],
    class extends FileTable {
      protected override lookUp(key: string): CacheEntry | undefined {
        if (this.unreadable.has(key)) throw new Error('no key opens the entry');
        return super.lookUp(key);
      }
    },
  ),
  plantInTable(
    'wrong-key-drops-credentials',
    'Returns an entry that no key opens without its credentials.',
    ['credentials', 'misses exactly the entries that no key opens'],
    class extends FileTable {
      protected override decoded(record: ProxyRecord): CacheEntry | undefined {
        const { username_encrypted: _user, password_encrypted: _password, ...bare } = record;
        return super.decoded(record) ?? super.decoded(bare);
      }
    },
  ),
  plantInTable(
    'wrong-key-uncounted',
    'Does not count a read of an entry that no key opens.',
    ['credentials', 'counts an entry that no key opens as undecryptable, not as a failure'],
    class extends FileTable {
      override countUndecryptable(): void {}
    },
  ),
  plantInTable(
    'wrong-key-hides-others',
    'Returns nothing at all while there is an entry that no key opens.',
    ['credentials', 'misses exactly the entries that no key opens'],
    class extends FileTable {
      override load(text: string): void {
        super.load(text);
        if (this.unreadable.size === 0) return;
        for (const [key, { entry, ...row }] of this.rows)
          this.unreadable.set(key, { ...row, record: this.encoded(entry) });
        this.rows.clear();
      }
    },
  ),
  plantInTable(
    'sealed-for-no-proxy',
    'Does not pass a binding to the cipher when it seals.',
    ['binding', 'passes the proxy and the role to the cipher when it seals and opens'],
    class extends FileTable {
      protected override encoded(entry: CacheEntry): ProxyRecord {
        return entryToRecord(entry, unbinding(this.setup.cipher));
      }
    },
  ),
  plantInTable(
    'opened-without-binding',
    'Does not pass a binding to the cipher when it opens.',
    ['binding', 'opens credentials only for the proxy that they were sealed for'],
    class extends FileTable {
      protected override decoded(record: ProxyRecord): CacheEntry | undefined {
        return opened(record, unbinding(this.setup.cipher));
      }
    },
  ),
  plantInTable(
    'bound-to-the-key',
    'Binds credentials to the key of their entry instead of its proxy.',
    ['binding', 'opens credentials only for the proxy that they were sealed for'],
    class extends FileTable {
      protected override encoded(entry: CacheEntry): ProxyRecord {
        return entryToRecord(entry, bindingTo(entry.key, this.setup.cipher));
      }
      protected override decoded(record: ProxyRecord): CacheEntry | undefined {
        return opened(record, bindingTo(record.key, this.setup.cipher));
      }
    },
  ),
  plantInTable(
    'roles-not-bound',
    'Binds every credential as a password.',
    ['binding', 'opens a token only in the role that it was sealed for'],
    class extends FileTable {
      protected override encoded(entry: CacheEntry): ProxyRecord {
        return entryToRecord(entry, bindingAs('password', this.setup.cipher));
      }
      protected override decoded(record: ProxyRecord): CacheEntry | undefined {
        return opened(record, bindingAs('password', this.setup.cipher));
      }
    },
  ),
];

function opened(record: ProxyRecord, cipher: CredentialCipher | undefined): CacheEntry | undefined {
  try {
    return recordToEntry(record, cipher);
  } catch {
    return undefined;
  }
}

function unbinding(cipher: CredentialCipher | undefined): CredentialCipher | undefined {
  return cipher && { encrypt: (secret) => cipher.encrypt(secret), decrypt: (token) => cipher.decrypt(token) };
}

function bindingTo(origin: string, cipher: CredentialCipher | undefined): CredentialCipher | undefined {
  return cipher && rebinding(cipher, ({ role }) => ({ role, origin }));
}

function bindingAs(role: CredentialRole, cipher: CredentialCipher | undefined): CredentialCipher | undefined {
  return cipher && rebinding(cipher, ({ origin }) => ({ role, origin }));
}

function rebinding(
  cipher: CredentialCipher,
  change: (binding: CredentialBinding) => CredentialBinding,
): CredentialCipher {
  return {
    encrypt: (secret, binding) => cipher.encrypt(secret, binding && change(binding)),
    decrypt: (token, binding) => cipher.decrypt(token, binding && change(binding)),
  };
}
