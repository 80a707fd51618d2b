import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { type CacheEntry, entryToRecord, recordChecksum } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import lockfile from 'proper-lockfile';
import { atMost, within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { shardOf } from '../floors/bare-shards.ts';
import type { Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { accessed } from '../samples/accessed.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';

const SHARDS = 16;
/** Longer than a shard's lock is held after a write. */
const CALM_MS = 60;
const BURST = 1000;
const LOCK = { realpath: false, stale: 10_000, update: 2000 } as const;

async function openTier({ directory, onFinish }: ScenarioContext, entries: readonly CacheEntry[]) {
  const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
  const tier = new JsonlCacheTier({ directory: join(directory, 'store'), cipher });
  onFinish(() => tier.close());
  await tier.putMany(entries);
  return { tier, cipher };
}

/** A put without a lock: the record, its checksum, one append. */
function bareAppend({ directory, onFinish }: ScenarioContext, cipher: CredentialEncryptor) {
  const fd = openSync(join(directory, 'append.jsonl'), 'a', 0o600);
  onFinish(() => closeSync(fd));
  return (entry: CacheEntry): number => {
    const record = entryToRecord(entry, cipher);
    return writeSync(fd, `${JSON.stringify({ ...record, checksum: recordChecksum(record) })}\n`);
  };
}

/** One lock and unlock of an existing file with proper-lockfile. */
function bareLock({ directory }: ScenarioContext): () => void {
  const path = join(directory, 'locked');
  writeFileSync(path, '');
  return () => lockfile.lockSync(path, LOCK)();
}

export const jsonlPutAlone: Scenario = {
  name: 'jsonl-put-alone',
  about: 'An awaited put into a shard that has been idle, 10,000 entries: takes and releases its lock.',
  goals: [atMost('tier.put', 1.3, 'lock, unlock, append')],
  setUp: async (context): Promise<Contest> => {
    const entries = sampleEntries(context.quick ? 1000 : 10_000);
    const { tier, cipher } = await openTier(context, entries);
    const append = bareAppend(context, cipher);
    const lock = bareLock(context);
    // One key per shard, so that no two puts of a round share a shard.
    const one = Array.from({ length: SHARDS }, (_, shard) => entries.find(({ key }) => shardOf(key) === shard)!);
    const entryOf = (i: number) => accessed(one[i % SHARDS]!, 1_800_000_000_000 + i);
    const calm = () => sleep(CALM_MS);
    const steady = (entry: CacheEntry | undefined) => plainRecord(entry?.with({ accessCount: 0, lastAccessed: 0 }));
    return {
      finds: 'value',
      expected: steady(one[0]),
      contenders: [
        {
          name: 'tier.put',
          role: 'ours',
          async: true,
          maxRuns: SHARDS,
          before: calm,
          run: async (i) => (await tier.put(entryOf(i).key, entryOf(i))) || undefined,
          answer: async () => steady(await tier.get(one[0]!.key)),
        },
        {
          name: 'lock, unlock, append',
          role: 'floor',
          maxRuns: SHARDS,
          run: (i) => {
            lock();
            return append(entryOf(i));
          },
        },
      ],
    };
  },
};

export const jsonlPutBurst: Scenario = {
  name: 'jsonl-put-burst',
  about: `The cost of one of ${BURST} successive puts beyond its record, checksum and append, as a share of one lock and unlock.`,
  goals: [within('locking, as a share of one lock and unlock', 0.2)],
  measure: async (context): Promise<Measurement[]> => {
    const entries = sampleEntries(context.quick ? 1000 : 10_000);
    const { tier, cipher } = await openTier(context, entries);
    const append = bareAppend(context, cipher);
    const lock = bareLock(context);
    const [shares, puts, appends, locks]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < (context.quick ? 3 : 11); round++) {
      const batch = Array.from({ length: BURST }, (_, i) =>
        accessed(entries[(i * 7919) % entries.length]!, 1.8e12 + round),
      );
      await sleep(CALM_MS);
      const put = await timeOf(async () => {
        for (const entry of batch) if (!(await tier.put(entry.key, entry))) throw new Error('not stored');
      });
      const bare = await timeOf(() => batch.forEach(append));
      const locking = await timeOf(() => batch.slice(0, 100).forEach(lock));
      puts.push(put / BURST);
      appends.push(bare / BURST);
      locks.push(locking / 100);
      shares.push((put - bare) / BURST / (locking / 100));
    }
    const measured = (name: string, role: Measurement['role'], samples: number[], unit = 'ns'): Measurement => ({
      name,
      role,
      unit,
      samples,
    });
    return [
      measured('locking, as a share of one lock and unlock', 'ours', shares, '×'),
      measured('tier.put in a burst', 'ours', puts),
      measured('record, checksum, append', 'floor', appends),
      measured('lock and unlock', 'floor', locks),
    ];
  },
};

export const jsonlBatch: Scenario = {
  name: 'jsonl-batch',
  about: 'A batch of 10,000 entries, already sealed, into an empty store; the figure is the time per entry.',
  goals: [atMost('tier.putMany', 1.5, 'stringify, one write a shard')],
  setUp: (context): Contest => {
    const entries = sampleEntries(context.quick ? 1000 : 10_000);
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    for (const entry of entries) entryToRecord(entry, cipher);
    const store = join(context.directory, 'store');
    let tier: JsonlCacheTier | undefined;
    const empty = async () => {
      await tier?.close();
      rmSync(store, { recursive: true, force: true });
      tier = new JsonlCacheTier({ directory: store, cipher });
      await tier.open();
    };
    context.onFinish(() => tier?.close());
    const floor = join(context.directory, 'floor');
    const bare = (): number => {
      rmSync(floor, { recursive: true, force: true });
      mkdirSync(floor);
      const texts = Array.from({ length: SHARDS }, () => '');
      for (const entry of entries) texts[shardOf(entry.key)] += `${JSON.stringify(entryToRecord(entry, cipher))}\n`;
      for (const [shard, text] of texts.entries()) {
        const fd = openSync(join(floor, `${shard}.jsonl`), 'w', 0o600);
        writeSync(fd, text);
        closeSync(fd);
      }
      return entries.length;
    };
    const items = entries.length;
    return {
      finds: 'value',
      contenders: [
        {
          name: 'tier.putMany',
          role: 'ours',
          async: true,
          items,
          maxRuns: 1,
          before: empty,
          run: async () => (await tier!.putMany(entries)).every(Boolean) || undefined,
        },
        { name: 'stringify, one write a shard', role: 'floor', items, maxRuns: 1, run: bare },
      ],
    };
  },
};

async function timeOf(work: () => unknown): Promise<number> {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started);
}
