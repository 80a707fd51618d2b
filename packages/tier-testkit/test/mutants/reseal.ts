import { copyFileSync } from 'node:fs';
import type { CredentialBinding, CredentialCipher, Secret } from '@pw/cache-models';
import type { ResealCounts } from '@pw/cache-models/tier';
import { TestCipher } from '../../src/doubles/test-cipher.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const STALE = ['reseal', 'reseals and counts everything sealed with an older key'] as const;
const MORE = ['reseal', 'changes nothing but tokens in reseal'] as const;

export const resealMutants: readonly Mutant[] = [
  plant(
    'reseal-does-nothing',
    'Counts tokens of an older key, but leaves them.',
    STALE,
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        const counts = super.resealAll();
        this.table.changed = false;
        return counts;
      }
    },
  ),
  plant(
    'reseal-counts-all-as-new',
    'Counts tokens of the current key as resealed.',
    STALE,
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        const { reencrypted, alreadyCurrent, unreadable } = super.resealAll();
        return { reencrypted: reencrypted + alreadyCurrent, alreadyCurrent: 0, unreadable };
      }
    },
  ),
  plant(
    'reseal-ignores-bindings',
    'Leaves tokens of the current key that are bound to no proxy.',
    ['reseal', 'reseals tokens that are bound to no proxy'],
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        const { reencrypted, alreadyCurrent, unreadable } = super.resealAll();
        const isNew = [...this.table.rows.values()].every(
          ({ entry }) => entry.username === null || isMadeWith('new', entry.username),
        );
        if (!isNew) return { reencrypted, alreadyCurrent, unreadable };
        this.table.changed = false;
        return { reencrypted: 0, alreadyCurrent: reencrypted + alreadyCurrent, unreadable };
      }
    },
  ),
  plant(
    'reseal-counts-a-use',
    'Counts reseal as a use of each entry.',
    MORE,
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        for (const row of this.table.rows.values())
          row.entry = row.entry.with({ accessCount: row.entry.accessCount + 1 });
        return super.resealAll();
      }
    },
  ),
  plant(
    'reseal-extends-expired',
    'Extends the deadline of a resealed expired entry by an hour.',
    MORE,
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        const now = this.setup.clock.now();
        for (const row of this.table.rows.values())
          if (row.entry.expiresAt <= now) row.entry = row.entry.with({ expiresAt: now + 3_600_000 });
        return super.resealAll();
      }
    },
  ),
  plant(
    'reseal-keeps-a-copy',
    'Keeps a copy of the old file after reseal.',
    ['reseal', 'leaves no token of an older key in its files after reseal'],
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        copyFileSync(this.path, `${this.path}.old`);
        return super.resealAll();
      }
    },
  ),
  plant(
    'reseal-drops-the-unreadable',
    'Removes entries that no key opens in reseal.',
    ['reseal', 'keeps entries that no key opens in reseal'],
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        const counts = super.resealAll();
        this.table.unreadable.clear();
        return counts;
      }
    },
  ),
];

const SOMEWHERE: CredentialBinding = { role: 'username', origin: '' };

/** Whether the test cipher made a token with a key, regardless of its binding. */
function isMadeWith(key: string, secret: Secret): boolean {
  const cipher = new TestCipher(key);
  const probe: CredentialCipher = {
    encrypt: (other) => cipher.encrypt(other),
    decrypt: (token) => cipher.decrypt(token),
    stateOf: (token) => (cipher.stateOf(token, SOMEWHERE) === 'unknown' ? 'unknown' : 'current'),
  };
  return secret.isCurrent(probe, SOMEWHERE);
}
