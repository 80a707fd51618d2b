import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager } from '@pw/cache-manager';
import {
  CacheEntry,
  type CacheTier,
  type CredentialBinding,
  type CredentialCipher,
  type Secret,
} from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier } from '@pw/tier-sqlite';
import { atMost, within } from '../figures/goal.ts';
import { bareBinding, bareBindingCalls, bareSealCalls } from '../floors/bare-crypto.ts';
import type { Contender, Scenario, ScenarioContext } from '../run/scenario.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';

const WITH = 'with two credentials';
const WITHOUT = 'without';
const AND_CHECKS = 'without, and the bare MACs and PRF of two tokens';

type MakeTier = (directory: string, cipher: CredentialCipher) => CacheTier;

/** Reads of entries that only the second tier has: each is copied into the first. */
function promotion(kind: string, make: MakeTier): Scenario {
  return {
    name: `crypto-promotion-${kind}`,
    about: `A read that copies an entry from the second tier (${kind}) into memory.`,
    goals: [atMost(WITH, 1.2, WITHOUT), atMost(WITH, 1.2, AND_CHECKS)],
    setUp: async (context) => {
      const entries = sampleEntries(context.quick ? 500 : 5000);
      const bare = entries.map((entry) => CacheEntry.restore({ ...entry.toFields(), username: null, password: null }));
      const sealed = await filled(context, WITH, make, entries);
      const plain = await filled(context, WITHOUT, make, bare);
      const keyOf = (i: number): string => entries[i % entries.length]!.key;
      const contender = (
        name: string,
        { memory }: Filled,
      ): Pick<Contender, 'name' | 'role' | 'async' | 'maxRuns' | 'before'> => ({
        name,
        role: name === WITH ? 'ours' : 'floor',
        async: true,
        maxRuns: entries.length,
        before: () => memory.clear(),
      });
      const binding = bareBinding(generateKey());
      const tokens = [bareSealCalls(binding.keys, 'sixteen bytes :)'), bareSealCalls(binding.keys, 'sixteen bytes :)')];
      const withoutThem = async () => {
        const { username, password } = entries[0]!;
        return steady(CacheEntry.restore({ ...(await plain.cache.get(keyOf(0)))!.toFields(), username, password }));
      };
      return {
        expected: steady(entries[0]),
        finds: 'value',
        contenders: [
          {
            ...contender(WITH, sealed),
            run: (i) => sealed.cache.get(keyOf(i)),
            answer: async () => steady(await sealed.cache.get(keyOf(0))),
          },
          { ...contender(WITHOUT, plain), run: (i) => plain.cache.get(keyOf(i)), answer: withoutThem },
          {
            ...contender(AND_CHECKS, plain),
            run: (i) => {
              bareBindingCalls(binding, tokens, entries[i % entries.length]!.proxyUrl);
              return plain.cache.get(keyOf(i));
            },
            answer: withoutThem,
          },
        ],
      };
    },
  };
}

interface Filled {
  readonly cache: CacheManager;
  readonly memory: MemoryCacheTier;
}

async function filled(
  { directory, onFinish }: Pick<ScenarioContext, 'directory' | 'onFinish'>,
  name: string,
  make: MakeTier,
  entries: readonly CacheEntry[],
): Promise<Filled> {
  const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
  const memory = new MemoryCacheTier({});
  const below = make(`${directory}/${name}`, cipher);
  const cache = await CacheManager.open({ tiers: [memory, below], cipher });
  onFinish(() => cache.close());
  await cache.putMany(entries);
  // Reopened, so that credentials are read sealed and no plain text is cached.
  await below.close();
  await below.open();
  return { cache, memory };
}

/** An entry without the fields that reads change. */
function steady(entry: CacheEntry | undefined): unknown {
  return { ...plainRecord(entry), accessCount: 0, lastAccessed: 0, evictedFromL1: false };
}

export const cryptoPromotionSqlite = promotion(
  'sqlite',
  (directory, cipher) => new DiskCacheTier({ directory, cipher }),
);
export const cryptoPromotionJsonl = promotion(
  'jsonl',
  (directory, cipher) => new JsonlCacheTier({ directory, cipher }),
);

export const cryptoPutSeals: Scenario = {
  name: 'crypto-put-seals',
  about: 'How often a credential is sealed when its entry is put into memory, JSON Lines and SQLite.',
  goals: [within('seals of a credential', 1)],
  measure: async ({ directory, quick, onFinish }) => {
    const samples: number[] = [];
    const counting = new CountingCipher();
    const cache = await CacheManager.open({
      tiers: [
        new MemoryCacheTier({}),
        new JsonlCacheTier({ directory: `${directory}/l2-counted`, cipher: counting }),
        new DiskCacheTier({ directory: `${directory}/l3-counted`, cipher: counting }),
      ],
      cipher: counting,
    });
    onFinish(() => cache.close());
    for (const entry of sampleEntries(quick ? 100 : 2000)) {
      counting.seals = 0;
      const { tiers } = await cache.putDetailed(entry.key, entry);
      if (Object.values(tiers).includes(false)) throw new Error('a tier did not store the entry');
      samples.push(counting.seals / 2);
    }
    return [{ name: 'seals of a credential', role: 'ours', unit: 'seals', samples }];
  },
};

class CountingCipher extends CredentialEncryptor {
  seals = 0;

  constructor() {
    super({ key: generateKey(), env: {} });
  }

  override encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    this.seals++;
    return super.encrypt(secret, binding);
  }
}
