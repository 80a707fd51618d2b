import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { scanKeys } from '../floors/bare-shards.ts';
import { usedBytes } from '../run/heap-size.ts';
import type { Scenario } from '../run/scenario.ts';
import { manyEntries } from '../samples/many-entries.ts';

const OURS = 'tier-jsonl';
const FLOOR = 'a Map of keys to places';
const ROUNDS = 7;

export const jsonlKeyMemory: Scenario = {
  name: 'jsonl-key-memory',
  about: 'Memory per key of a directory, including the key of 16 characters, after open and size().',
  goals: [within(OURS, 100)],
  measure: async ({ directory, quick }): Promise<Measurement[]> => {
    const count = quick ? 20_000 : 200_000;
    const store = join(directory, 'store');
    const writer = new JsonlCacheTier({ directory: store });
    for (const page of manyEntries(count)) await writer.putMany(page);
    await writer.close();
    const [ours, floor]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push((await bytesOfTier(store, count)) / count);
      floor.push(bytesOfMap(store, count) / count);
    }
    rmSync(store, { recursive: true, force: true });
    return [
      { name: OURS, role: 'ours', unit: 'bytes', samples: ours },
      { name: FLOOR, role: 'floor', unit: 'bytes', samples: floor },
    ];
  },
};

async function bytesOfTier(store: string, count: number): Promise<number> {
  const before = usedBytes();
  const tier = new JsonlCacheTier({ directory: store });
  await tier.open();
  check(await tier.size(), count);
  const bytes = usedBytes() - before;
  await tier.close();
  return bytes;
}

function bytesOfMap(store: string, count: number): number {
  const before = usedBytes();
  const places = scanKeys(store);
  const bytes = usedBytes() - before;
  check(places.size, count);
  return bytes;
}

function check(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} entries, expected ${wanted}`);
}
