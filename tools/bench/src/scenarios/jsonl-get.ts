import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { atMost } from '../figures/goal.ts';
import { readFloor } from '../floors/floors.ts';
import type { Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';
import { linesOf } from '../samples/shard-lines.ts';

const SEQUENCE = 2 ** 16;
const IDEAL = 'readSync and JSON.parse';

function jsonlGet(size: number, label: string): Scenario {
  return {
    name: `jsonl-get-${label}`,
    about: `An awaited get of a tier with ${size.toLocaleString('en')} records of two credentials, uniform access.`,
    goals: [atMost('tier.get', 2, IDEAL)],
    setUp: async ({ directory, quick, onFinish }) => {
      const entries = sampleEntries(quick ? size / 10 : size);
      const cipher = new CredentialEncryptor({ key: generateKey() });
      const store = join(directory, 'store');
      const tier = new JsonlCacheTier({ directory: store, cipher });
      onFinish(() => tier.close());
      await tier.putMany(entries);
      const floors = join(directory, 'floor');
      mkdirSync(floors);
      const order = uniformIndices(entries.length, SEQUENCE, seededRandom(7));
      const indexOf = (i: number) => order[i % SEQUENCE]!;
      const keyOf = (i: number) => entries[indexOf(i)]!.key;
      const first = entries[0]!.key;
      return {
        finds: 'value',
        expected: plainRecord(entries[0]),
        contenders: [
          {
            name: 'tier.get',
            role: 'ours',
            async: true,
            run: (i) => tier.get(keyOf(i)),
            answer: async () => plainRecord(await tier.get(first)),
          },
          readFloor(floors, linesOf(store), indexOf, onFinish),
        ],
      };
    },
  };
}

export const jsonlGets: readonly Scenario[] = [jsonlGet(10_000, '10k'), jsonlGet(100_000, '100k')];
