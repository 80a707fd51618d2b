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
  about: 'warmFromFile of 10,000 rows with two credentials into three empty tiers, a row.',
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

/** A round takes many seconds: three of them tell enough. */
const ROUNDS = 3;

interface ImportSample extends LoopDelay {
  readonly count: number;
  /** What is in use after the import beyond what was before. */
  readonly bytes: number;
}

const SMALL = 10_000;
const LARGE = 100_000;
/** Nothing has to make room: a row costs the same work, whatever the number of rows. */
const ROOM = LARGE;
/** The default sizes: nearly every row of the large file makes room in memory and in files. */
const DEFAULT_ROOM = { l1: 1000, l2: 5000, l3: null };

export const import100k: Scenario = {
  name: 'manager-import-100k',
  about:
    'warmFromFile of 100,000 rows with two credentials against 10,000, into tiers with room for all, and into those of the default sizes: cost, memory, event loop.',
  fullOnly: true,
  goals: [
    atMost('a row of 100,000', 1.2, 'a row of 10,000'),
    within('event loop held at most', 20),
    within('memory kept for a row more', 16),
  ],
  why: `Event loop and memory are of the default sizes. There a row costs more in the larger file because nearly each one makes room for itself:
another one is read from the files, blanked there, and marked in the database as evicted.`,
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
      ours('a row of 100,000 that make room for each other', 'ns', fullLarge!.map(row)),
      ours(
        'event loop held at most',
        'ms',
        fullLarge!.map(({ longest }) => longest),
      ),
      ours(
        'event loop held, 99 %',
        'ms',
        fullLarge!.map(({ p99 }) => p99),
      ),
      ours('memory kept for a row more', 'bytes', kept),
    ];
  },
};

function ours(name: string, unit: string, samples: number[]): Measurement {
  return { name, role: 'ours', unit, samples };
}

function fileOf({ directory }: ScenarioContext, count: number): string {
  return join(directory, `${count}.jsonl`);
}

/** One import into new tiers. */
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
