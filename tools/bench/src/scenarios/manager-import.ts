import { join } from 'node:path';
import type { CacheManager } from '@pw/cache-manager';
import { atMost, within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { bareImport } from '../floors/bare-import.ts';
import { usedBytes } from '../run/heap-size.ts';
import { type LoopDelay, loopDelayDuring } from '../run/loop-delay.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';
import { writeImportFile } from '../samples/import-file.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openStack, type StackRoom } from '../set-ups/our-stack.ts';

const PARTS = 'a bare transaction, a bare batch of lines and 20,000 bare seals';

export const import10k: Scenario = {
  name: 'manager-import-10k',
  about: 'warmFromFile of 10,000 rows with two credentials into three empty tiers, per row.',
  goals: [atMost('warmFromFile', 1.5, PARTS)],
  setUp: ({ directory, quick, onFinish }) => {
    const count = quick ? 500 : 10_000;
    const entries = sampleEntries(count);
    const file = join(directory, 'rows.jsonl');
    writeImportFile(file, entries);
    let cache: CacheManager | undefined;
    let stored = 0;
    let place = 0;
    onFinish(() => cache?.close());
    return {
      contenders: [
        {
          name: 'warmFromFile',
          role: 'ours',
          async: true,
          items: count,
          maxRuns: 1,
          before: async () => {
            cache = await openStack(join(directory, `ours-${place++}`), count);
          },
          run: async () => {
            stored = (await cache!.warmFromFile(file)).loaded;
          },
          after: async () => {
            expectRows('warmFromFile', stored, count);
            expectRows('the three tiers', await cache!.size(), count);
            await cache!.close();
          },
        },
        {
          name: PARTS,
          role: 'floor',
          items: count,
          maxRuns: 1,
          run: () => {
            stored = bareImport(join(directory, `bare-${place++}`), entries);
          },
          after: () => expectRows(PARTS, stored, count),
        },
      ],
    };
  },
};

/** A round takes many seconds, so three must suffice. */
const ROUNDS = 3;

interface ImportSample extends LoopDelay {
  readonly count: number;
  /** Memory in use after the import, minus that before the import. */
  readonly bytes: number;
}

const SMALL = 10_000;
const LARGE = 100_000;
/** Room for all rows: the work per row does not depend on their number. */
const ROOM = LARGE;
/** The default limits: nearly every row of the large file evicts an entry from memory and from files. */
const DEFAULT_ROOM = { l1: 1000, l2: 5000, l3: null };

export const import100k: Scenario = {
  name: 'manager-import-100k',
  about:
    'warmFromFile of 100,000 rows with two credentials compared with 10,000, into tiers with room for all and with the default limits: time, memory, event loop.',
  fullOnly: true,
  goals: [
    atMost('a row of 100,000', 1.2, 'a row of 10,000'),
    within('longest block of the event loop', 20),
    within('memory retained per additional row', 16),
  ],
  why: `Event loop and memory are measured with the default limits. There a row of the larger file costs more because
nearly each one evicts another, which is read from the files, blanked there, and marked in the database as evicted.`,
  measure: async (context) => {
    for (const count of [SMALL, LARGE]) writeImportFile(fileOf(context, count), sampleEntries(count));
    const [small, large, fullSmall, fullLarge]: ImportSample[][] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      small!.push(await importOnce(context, SMALL, ROOM, `small-${round}`));
      large!.push(await importOnce(context, LARGE, ROOM, `large-${round}`));
      fullSmall!.push(await importOnce(context, SMALL, DEFAULT_ROOM, `full-small-${round}`));
      fullLarge!.push(await importOnce(context, LARGE, DEFAULT_ROOM, `full-large-${round}`));
    }
    const row = ({ total, count }: ImportSample): number => (total * 1e6) / count;
    const kept = fullLarge!.map(({ bytes }, i) => Math.max(0, bytes - fullSmall![i]!.bytes) / (LARGE - SMALL));
    return [
      ours('a row of 10,000', 'ns', small!.map(row)),
      ours('a row of 100,000', 'ns', large!.map(row)),
      ours('a row of 100,000, with evictions', 'ns', fullLarge!.map(row)),
      ours(
        'longest block of the event loop',
        'ms',
        fullLarge!.map(({ longest }) => longest),
      ),
      ours(
        'block of the event loop, 99th percentile',
        'ms',
        fullLarge!.map(({ p99 }) => p99),
      ),
      ours('memory retained per additional row', 'bytes', kept),
    ];
  },
};

function ours(name: string, unit: string, samples: number[]): Measurement {
  return { name, role: 'ours', unit, samples };
}

function fileOf({ directory }: ScenarioContext, count: number): string {
  return join(directory, `${count}.jsonl`);
}

/** Runs one import into new tiers. */
async function importOnce(
  context: ScenarioContext,
  count: number,
  room: number | StackRoom,
  place: string,
): Promise<ImportSample> {
  const cache = await openStack(join(context.directory, place), room);
  try {
    const before = usedBytes();
    let loaded = 0;
    const delay = await loopDelayDuring(async () => {
      loaded = (await cache.warmFromFile(fileOf(context, count))).loaded;
    });
    expectRows('warmFromFile', loaded, count);
    return { ...delay, count, bytes: usedBytes() - before };
  } finally {
    await cache.close();
  }
}

function expectRows(what: string, rows: number, count: number): void {
  if (rows !== count) throw new Error(`${what} stored ${rows} of ${count} rows`);
}
