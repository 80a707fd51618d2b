import { copyFileSync } from 'node:fs';
import type { CacheEntry, CredentialBinding, CredentialCipher, ResealCounts, Secret } from '@pw/cache-models';
import { TestCipher } from '../../src/doubles/test-cipher.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const STALE = ['reseal', 'reseals and counts everything sealed with an older key'] as const;
const MORE = ['reseal', 'changes nothing but tokens in reseal'] as const;

export const resealMutants: readonly Mutant[] = [
  plant(
    'reseals-in-words-only',
    'Counts what an older key sealed, and leaves it.',
    STALE,
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        const counts = super.sealAgain();
        this.table.changed = false;
        return counts;
      }
    },
  ),
  plant(
    'reseal-counts-all-as-new',
    'Counts what the current key sealed as sealed again.',
    STALE,
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        const { reencrypted, alreadyCurrent, unreadable } = super.sealAgain();
        return { reencrypted: reencrypted + alreadyCurrent, alreadyCurrent: 0, unreadable };
      }
    },
  ),
  plant(
    'reseal-asks-for-the-key-alone',
    'Leaves what the current key opens, though it is bound to no proxy.',
    ['reseal', 'reseals tokens that are bound to no proxy'],
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        const { reencrypted, alreadyCurrent, unreadable } = super.sealAgain();
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
    'Takes an entry that is sealed again for one that is used.',
    MORE,
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        for (const row of this.table.rows.values())
          row.entry = row.entry.with({ accessCount: row.entry.accessCount + 1 });
        return super.sealAgain();
      }
    },
  ),
  plant(
    'reseal-renews',
    'Gives an expired entry that is sealed again another hour.',
    MORE,
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        const now = this.setup.clock.now();
        for (const row of this.table.rows.values())
          if (row.entry.expiresAt <= now) row.entry = row.entry.with({ expiresAt: now + 3_600_000 });
        return super.sealAgain();
      }
    },
  ),
  plant(
    'reseal-keeps-a-copy',
    'Leaves the file as it was beside the new one when it seals again.',
    ['reseal', 'leaves no token of an older key in its files after reseal'],
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        copyFileSync(this.path, `${this.path}.old`);
        return super.sealAgain();
      }
    },
  ),
  plant(
    'reseal-drops-the-unreadable',
    'Removes what no key opens when it seals again.',
    ['reseal', 'keeps entries that no key opens in reseal'],
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        const counts = super.sealAgain();
        this.table.unreadable.clear();
        return counts;
      }
    },
  ),
];

const SOMEWHERE: CredentialBinding = { role: 'username', origin: '' };

/** Whether the test cipher made a token with a key, wherever it is bound. */
function isMadeWith(key: string, secret: Secret): boolean {
  const cipher = new TestCipher(key);
  const probe: CredentialCipher = {
    encrypt: (other) => cipher.encrypt(other),
    decrypt: (token) => cipher.decrypt(token),
    stateOf: (token) => (cipher.stateOf(token, SOMEWHERE) === 'unknown' ? 'unknown' : 'current'),
  };
  return secret.isCurrent(probe, SOMEWHERE);
}

export const putSoonMutants: readonly Mutant[] = [
  plant(
    'soon-is-never',
    'Says that putSoon has stored, and stores the last one only.',
    ['put soon', 'returns an entry that putSoon has stored'],
    class extends PromiseMapTier {
      #waiting = 0;
      override async putSoon(key: string, entry: CacheEntry): Promise<boolean> {
        const ticket = ++this.#waiting;
        await this.turn();
        return ticket === this.#waiting ? this.put(key, entry) : true;
      }
    },
  ),
  plant(
    'soon-is-late',
    'Stores with putSoon after the writes that followed.',
    ['put soon', 'applies putSoon before the writes that follow it'],
    class extends PromiseMapTier {
      override async putSoon(key: string, entry: CacheEntry): Promise<boolean> {
        for (let turns = 0; turns < 5; turns++) await this.turn();
        return this.put(key, entry);
      }
    },
  ),
  plant(
    'soon-takes-anything',
    'Stores with putSoon under the key of the entry, whatever key it was given.',
    ['put soon', 'refuses in putSoon what put refuses'],
    class extends PromiseMapTier {
      override async putSoon(_key: string, entry: CacheEntry): Promise<boolean> {
        return this.put(entry.key, entry);
      }
    },
  ),
];
