import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { atMost } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { blankLines, placesOf, scanKeys } from '../floors/bare-shards.ts';
import type { Scenario } from '../run/scenario.ts';
import { manyEntries } from '../samples/many-entries.ts';
import { sampleEntries } from '../samples/sample-record.ts';

const SCANNED = 'tier.open';
const INDEXED = 'tier.open, side index';
const FLOOR = 'a chunked scan for keys';

/** Fills a directory and closes it. */
async function fill(directory: string, pages: Iterable<readonly CacheEntry[]>): Promise<void> {
  const tier = new JsonlCacheTier({ directory });
  for (const page of pages)
    if ((await tier.putMany(page)).includes(false)) throw new Error('not every entry could be stored');
  await tier.close();
}

export const jsonlOpen: Scenario = {
  name: 'jsonl-open',
  about:
    'Opening a directory of 1,000,000 records, with and without its side indexes, compared with reading it in chunks and extracting each key.',
  fullOnly: true,
  goals: [atMost(SCANNED, 1.3, FLOOR), atMost(INDEXED, 0.1, FLOOR)],
  measure: async ({ directory, quick }): Promise<Measurement[]> => {
    const count = quick ? 20_000 : 1_000_000;
    const store = join(directory, 'store');
    await fill(store, manyEntries(count));
    const [scanned, indexed, floor]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < (quick ? 2 : 7); round++) {
      globalThis.gc?.();
      floor.push(await timed(() => check(scanKeys(store).size, count)));
      removeSideIndexes(store);
      scanned.push(await openOnce(store, count));
      indexed.push(await openOnce(store, count));
    }
    return [
      { name: SCANNED, role: 'ours', unit: 'ms', samples: scanned },
      { name: INDEXED, role: 'ours', unit: 'ms', samples: indexed },
      { name: FLOOR, role: 'floor', unit: 'ms', samples: floor },
    ];
  },
};

function removeSideIndexes(store: string): void {
  const indexes = readdirSync(store).filter((name) => name.endsWith('.index'));
  if (indexes.length === 0) throw new Error('the tier wrote no side index');
  for (const name of indexes) rmSync(join(store, name));
}

async function openOnce(store: string, count: number): Promise<number> {
  globalThis.gc?.();
  const tier = new JsonlCacheTier({ directory: store });
  const taken = await timed(() => tier.open());
  check(await tier.size(), count);
  await tier.close();
  return taken;
}

/** Entries of which every other one has expired. */
function halfExpired(count: number): CacheEntry[] {
  const now = Date.now();
  return sampleEntries(count).map((entry, i) =>
    entry.with({ username: null, password: null, expiresAt: i % 2 ? now + 1e9 : now - 1000 }),
  );
}

export const jsonlCleanup: Scenario = {
  name: 'jsonl-cleanup',
  about: 'Removing 50,000 expired entries of 100,000, compared with overwriting their lines with blanks.',
  fullOnly: true,
  goals: [atMost('tier.cleanupExpired', 2, 'blanking their lines')],
  measure: async ({ directory, quick }): Promise<Measurement[]> => {
    const count = quick ? 2000 : 100_000;
    const full = join(directory, 'full');
    await fill(full, [halfExpired(count)]);
    const [ours, floor]: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 2 : 7); round++) {
      const [a, b] = [join(directory, 'a'), join(directory, 'b')];
      for (const copy of [a, b]) {
        rmSync(copy, { recursive: true, force: true });
        cpSync(full, copy, { recursive: true });
      }
      const now = new Date().toISOString().slice(0, 19);
      const doomed = placesOf(a, (line) => /"expires_at":"([^"]{19})/.exec(line)![1]! < now);
      check(
        doomed.reduce((sum, { places }) => sum + places.length, 0),
        count / 2,
      );
      floor.push(await timed(() => blankLines(doomed)));
      const tier = new JsonlCacheTier({ directory: b });
      await tier.open();
      ours.push(await timed(async () => check(await tier.cleanupExpired(), count / 2)));
      await tier.close();
    }
    return [
      { name: 'tier.cleanupExpired', role: 'ours', unit: 'ms', samples: ours },
      { name: 'blanking their lines', role: 'floor', unit: 'ms', samples: floor },
    ];
  },
};

function check(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} entries, expected ${wanted}`);
}

async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
