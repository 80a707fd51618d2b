import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import type { CacheEntry } from '@pw/cache-models';
import { RedisServer } from '@pw/test-support';
import { RedisCacheTier } from '@pw/tier-redis';
import { createClient } from 'redis';
import type { ScenarioContext } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';

export interface RedisContest {
  readonly tier: RedisCacheTier;
  /** A client without a timer for each command: the least that a command can cost. */
  readonly bare: Awaited<ReturnType<typeof connect>>;
  readonly entries: readonly CacheEntry[];
  /** Names of the bare records, and the values that the tier stored for the same entries. */
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/**
 * A dedicated server, a tier filled with entries, and a bare client with the same bytes under names of the same length.
 */
export async function redisContest({ onFinish }: ScenarioContext, count: number): Promise<RedisContest> {
  const server = await RedisServer.start();
  onFinish(() => server.end());
  const cipher = new CredentialEncryptor({ key: generateKey() });
  const tier = new RedisCacheTier({ url: server.url, cipher });
  const bare = await connect(server.url);
  onFinish(async () => {
    await tier.close();
    bare.destroy();
  });
  const entries = sampleEntries(count);
  await tier.putMany(entries);
  const values = await bare.mGet(entries.map(({ key }) => `pw:{proxies}:e:${key}`));
  const names = entries.map(({ key }) => `pw:{proxies}:b:${key}`);
  for (const [at, name] of names.entries()) await bare.set(name, values[at]!);
  return { tier, bare, entries, names, values: values as string[] };
}

async function connect(url: string) {
  const client = createClient({ url, commandOptions: { timeout: 0 } });
  client.on('error', () => {});
  return client.connect();
}
