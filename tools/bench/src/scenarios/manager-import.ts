import { join } from 'node:path';
import type { CacheManager } from '@pw/cache-manager';
import { bareImport } from '../bare/bare-import.ts';
import { atMost, within } from '../goal.ts';
import { usedBytes } from '../heap-size.ts';
import { writeImportFile } from '../import-file.ts';
import { type LoopDelay, loopDelayDuring } from '../loop-delay.ts';
import { openStack } from '../our-stack.ts';
import { sampleEntries } from '../sample-record.ts';
import type { Measurement, Scenario, ScenarioContext } from '../scenario.ts';

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
  readonly bytesARow: number;
}

export const import100k: Scenario = {
  name: 'manager-import-100k',
  about:
    'warmFromFile of 100,000 rows with two credentials against 10,000, into the default stack: cost, memory, event loop.',
  fullOnly: true,
  goals: [
    atMost('a row of 100,000', 1.2, 'a row of 10,000'),
    within('event loop held at most', 20),
    within('memory kept a row', 16),
  ],
  measure: async (context) => {
    const files = [10_000, 100_000].map((count) => ({ count, file: join(context.directory, `${count}.jsonl`) }));
    for (const { count, file } of files) writeImportFile(file, sampleEntries(count));
    const [small, large]: ImportSample[][] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      small!.push(await importOnce(context, files[0]!, round));
      large!.push(await importOnce(context, files[1]!, round));
    }
    const measured = (name: string, unit: string, samples: number[]): Measurement => ({
      name,
      role: 'ours',
      unit,
      samples,
    });
    return [
      measured(
        'a row of 10,000',
        'ns',
        small!.map(({ total }) => (total * 1e6) / 10_000),
      ),
      measured(
        'a row of 100,000',
        'ns',
        large!.map(({ total }) => (total * 1e6) / 100_000),
      ),
      measured(
        'event loop held at most',
        'ms',
        large!.map(({ longest }) => longest),
      ),
      measured(
        'event loop held, 99 %',
        'ms',
        large!.map(({ p99 }) => p99),
      ),
      measured(
        'memory kept a row',
        'bytes',
        large!.map(({ bytesARow }) => bytesARow),
      ),
    ];
  },
};

/** One import into new tiers of the default sizes: 1,000 in memory, 5,000 in files, all in SQLite. */
async function importOnce(
  { directory }: ScenarioContext,
  { count, file }: { readonly count: number; readonly file: string },
  round: number,
): Promise<ImportSample> {
  const cache = await openStack(join(directory, `${count}-${round}`), { l1: 1000, l2: 5000, l3: null });
  try {
    const before = usedBytes();
    let loaded = 0;
    const delay = await loopDelayDuring(async () => {
      loaded = (await cache.warmFromFile(file)).loaded;
    });
    expectRows('warmFromFile', loaded, count);
    return { ...delay, bytesARow: (usedBytes() - before) / count };
  } finally {
    await cache.close();
  }
}

function expectRows(what: string, rows: number, count: number): void {
  if (rows !== count) throw new Error(`${what} stored ${rows} of ${count} rows`);
}
