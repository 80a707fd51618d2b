import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { type CacheManager, openCache } from '@pw/cache-manager';
import type { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import type { ScenarioContext } from '../run/scenario.ts';

/** The store of the second tier; the third one is SQLite in any case. */
export type SecondTier = 'jsonl' | 'sqlite';

export const SECOND_TIERS: readonly SecondTier[] = ['jsonl', 'sqlite'];

/** Where a stack is, and for how many entries there is room in memory and in each other tier. */
export interface StackPlace {
  readonly directory: string;
  readonly second: SecondTier;
  readonly room: number;
  readonly inMemory?: number;
}

/** The same in every stack of a process: what one has sealed, the others open. */
const key = generateKey();

const secondPlace = ({ directory }: StackPlace): string => join(directory, 'l2');
export const basePlace = ({ directory }: Pick<StackPlace, 'directory'>): string => join(directory, 'l3', 'cache.db');

/** The default stack: memory, the second tier, SQLite. */
export function openAgreed(place: StackPlace): Promise<CacheManager> {
  const { second, room, inMemory = room } = place;
  return openCache({
    l1Config: { maxEntries: inMemory },
    l2Config: { maxEntries: room },
    l2Backend: second,
    l2CacheDir: secondPlace(place),
    l3DatabasePath: basePlace(place),
    encryptionKey: key,
  });
}

/** The tiers of the default stack, each by itself. */
export interface LoneTiers {
  readonly memory: MemoryCacheTier;
  readonly second: JsonlCacheTier | DiskCacheTier;
  readonly base: SqliteCacheTier;
}

export function makeLoneTiers(place: StackPlace): LoneTiers {
  const { second, room, inMemory = room } = place;
  const cipher = new CredentialEncryptor({ key, env: {} });
  const options = { directory: secondPlace(place), maxEntries: room, cipher };
  return {
    memory: new MemoryCacheTier({ maxEntries: inMemory }),
    second: second === 'jsonl' ? new JsonlCacheTier(options) : new DiskCacheTier(options),
    base: new SqliteCacheTier({ path: basePlace(place), cipher }),
  };
}

/** Opened in the order in which the stack opens them. */
export async function openLoneTiers({ memory, second, base }: LoneTiers): Promise<void> {
  memory.open();
  await second.open();
  base.open();
}

export async function closeLoneTiers({ memory, second, base }: LoneTiers): Promise<void> {
  memory.close();
  await second.close();
  base.close();
}

/** Puts entries into each of the tiers, the lowest first, as the stack does. */
export async function putInLoneTiers({ memory, second, base }: LoneTiers, entries: readonly CacheEntry[]) {
  base.putMany(entries);
  await second.putMany(entries);
  memory.putMany(entries);
}

/** The default stack with entries, and its tiers alone with others like them; closed when the scenario ends. */
export async function openBoth(
  { directory, onFinish }: ScenarioContext,
  place: Omit<StackPlace, 'directory'>,
  [entries, twins]: readonly [readonly CacheEntry[], readonly CacheEntry[]],
): Promise<{ readonly cache: CacheManager; readonly alone: LoneTiers }> {
  const cache = await openAgreed({ ...place, directory: join(directory, 'agreed') });
  onFinish(() => cache.close());
  const stored = await cache.putMany(entries);
  if (stored.includes(false)) throw new Error('not every entry could be stored');
  const alone = makeLoneTiers({ ...place, directory: join(directory, 'alone') });
  await openLoneTiers(alone);
  onFinish(() => closeLoneTiers(alone));
  await putInLoneTiers(alone, twins);
  return { cache, alone };
}
