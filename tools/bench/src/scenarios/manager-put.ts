import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { atMost } from '../figures/goal.ts';
import { openBento, openCacheable, openCacheManagerPeer } from '../peers/multi-tier-peers.ts';
import type { Scenario } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openFilledStack, recordOf, steadyPart } from '../set-ups/our-stack.ts';

const TIERS = 'the two tiers, one after the other';

export const managerPut: Scenario = {
  name: 'manager-put',
  about: 'A put over one of 1,000 entries, written through to JSON Lines and SQLite, credentials already sealed.',
  goals: [atMost('manager.put', 1.3, TIERS)],
  setUp: async (context) => {
    // The peers flush each write, so the short run has few entries.
    const count = context.quick ? 100 : 1000;
    const entries = sampleEntries(count);
    const cache = await openFilledStack(context, entries);
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const jsonl = new JsonlCacheTier({ maxEntries: count, directory: join(context.directory, 'bare-l2'), cipher });
    const sqlite = new SqliteCacheTier({
      maxEntries: count,
      path: join(context.directory, 'bare-l3', 'cache.db'),
      cipher,
    });
    context.onFinish(() => jsonl.close());
    context.onFinish(() => sqlite.close());
    // Separate entries, because a credential caches one token, and the two caches have different keys.
    const twins = sampleEntries(count);
    await jsonl.putMany(twins);
    sqlite.putMany(twins);
    const bento = await openBento(context, count);
    const cacheable = await openCacheable(context, count);
    const manager = await openCacheManagerPeer(context);
    const records = entries.map((entry) => recordOf(entry, cache));
    const ownRecord = steadyPart(records[0]);
    const probe = records[0]!;
    return {
      expected: true,
      contenders: [
        {
          name: 'manager.put',
          role: 'ours',
          async: true,
          run: (i) => cache.put(entries[i % count]!.key, entries[i % count]!),
          answer: async () => same(steadyPart(recordOf((await cache.get(probe.key))!, cache)), ownRecord),
        },
        {
          name: TIERS,
          role: 'floor',
          async: true,
          run: async (i) => {
            const entry = twins[i % count]!;
            return (await jsonl.put(entry.key, entry)) && sqlite.put(entry.key, entry);
          },
          answer: async () =>
            (await jsonl.get(probe.key))?.password?.reveal() === twins[0]?.password?.reveal() &&
            sqlite.get(probe.key)?.password?.reveal() === twins[0]?.password?.reveal(),
        },
        {
          name: 'bentocache, memory + SQLite',
          role: 'peer',
          async: true,
          run: (i) => bento.set({ key: records[i % count]!.key, value: records[i % count]! }),
          answer: async () => {
            await bento.set({ key: probe.key, value: probe });
            return same(steadyPart(await bento.get({ key: probe.key })), ownRecord);
          },
        },
        {
          name: 'cacheable, memory + keyv SQLite',
          role: 'peer',
          async: true,
          run: (i) => cacheable.set(records[i % count]!.key, records[i % count]!),
          answer: async () => {
            await cacheable.set(probe.key, probe);
            return same(steadyPart(await cacheable.get(probe.key)), ownRecord);
          },
        },
        {
          name: 'cache-manager, keyv memory + SQLite',
          role: 'peer',
          async: true,
          run: (i) => manager.set(records[i % count]!.key, records[i % count]!),
          answer: async () => {
            await manager.set(probe.key, probe);
            return same(steadyPart(await manager.get(probe.key)), ownRecord);
          },
        },
      ],
    };
  },
};

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
