import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '@pw/cache-models';
import { atMost, within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { openBare } from '../floors/bare-sqlite.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import {
  basePlace,
  closeLoneTiers,
  makeLoneTiers,
  openAgreed,
  openLoneTiers,
  SECOND_TIERS,
  type SecondTier,
  type StackPlace,
} from '../set-ups/agreed-stack.ts';

const COUNT = { full: 10_000, quick: 500 };
const ROUNDS = { full: 15, quick: 3 };
const LOG = 'pw_cache_entries_changes';

interface Sizes {
  readonly count: number;
  readonly rounds: number;
}

const sizesOf = ({ quick }: ScenarioContext): Sizes =>
  quick ? { count: COUNT.quick, rounds: ROUNDS.quick } : { count: COUNT.full, rounds: ROUNDS.full };

/** Fills a stack and closes it. */
async function fill(place: StackPlace, entries: readonly CacheEntry[]): Promise<void> {
  const cache = await openAgreed(place);
  const stored = await cache.putMany(entries);
  await cache.close();
  if (stored.includes(false)) throw new Error('not every entry could be stored');
}

const TIERS = 'the tiers alone';

/** The requirements: what agreement may add. Before, opening a stack took as long as opening its tiers. */
const CLEAN_LIMIT = 1.1;

function openClean(second: SecondTier): Scenario {
  return {
    name: `agreement-open-clean-${second}`,
    about: `Opening memory, ${second} and SQLite with 10,000 entries after a close, compared with opening each by itself.`,
    goals: [atMost('openCache', CLEAN_LIMIT, TIERS)],
    measure: async (context): Promise<Measurement[]> => {
      const { count, rounds } = sizesOf(context);
      const place = { directory: join(context.directory, 'store'), second, room: count };
      const entries = sampleEntries(count);
      await fill(place, entries);
      const [ours, floor]: [number[], number[]] = [[], []];
      for (let round = -1; round < rounds; round++) {
        const turns = [
          async () => ours.push(await openStack(place, entries)),
          async () => floor.push(await openTiers(place)),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
      }
      // The first opening of each loads modules.
      return [
        { name: 'openCache', role: 'ours', unit: 'ms', samples: ours.slice(1) },
        { name: TIERS, role: 'floor', unit: 'ms', samples: floor.slice(1) },
      ];
    },
  };
}

async function openStack(place: StackPlace, entries: readonly CacheEntry[]): Promise<number> {
  globalThis.gc?.();
  const started = performance.now();
  const cache = await openAgreed(place);
  const taken = performance.now() - started;
  if ((await cache.size()) !== entries.length) throw new Error('entries are missing');
  await cache.close();
  return taken;
}

async function openTiers(place: StackPlace): Promise<number> {
  globalThis.gc?.();
  const started = performance.now();
  const tiers = makeLoneTiers(place);
  await openLoneTiers(tiers);
  const taken = performance.now() - started;
  await closeLoneTiers(tiers);
  return taken;
}

const OPEN = 'openCache after a kill';
const FIRST = 'openCache and the first get after a kill';
const CLEAN = 'openCache after a close';
const BEYOND = 'openCache after a kill, beyond that after a close';
const ROWS = 'the open rows, read by the tier alone';
const BARE = 'a bare read of the rows of the log';
/** How many rows the stack reads at once. */
const PAGE = 1000;

function openKilled(second: SecondTier): Scenario {
  return {
    name: `agreement-open-killed-${second}`,
    about: `Opening memory, ${second} and SQLite when ${second} has missed the last 10,000 writes, and the first answer.`,
    // The requirements: all that an opening after a kill may add is one read of the open rows, in this time.
    goals: [within(BEYOND, 23)],
    why: `A process was killed after SQLite had stored 10,000 entries, of which the second tier has older copies. The
first get must not find the older copy. Afterwards the tiers agree in the background, which is not part of the figures.
Both openings are of a copy of the store.`,
    measure: async (context): Promise<Measurement[]> => {
      const { count, rounds } = sizesOf(context);
      const place = (name: string): StackPlace => ({ directory: join(context.directory, name), second, room: count });
      const [clean, killed, used] = [place('clean'), place('killed'), place('used')];
      const from = await makeKilled(used, clean, killed, count);
      const samples = new Map<string, number[]>([OPEN, FIRST, CLEAN, BEYOND, ROWS, BARE].map((name) => [name, []]));
      for (let round = -1; round < rounds; round++) {
        copyStore(killed, used);
        const rows = readRows(used, from, count);
        const bare = readLog(used, count);
        // These have closed the database.
        copyStore(killed, used);
        const afterKill = await openAndGet(used, CURRENT);
        copyStore(clean, used);
        const afterClose = await openAndGet(used, OLD);
        // The first round loads modules.
        if (round < 0) continue;
        const beyond = Math.max(0, afterKill.open - afterClose.open);
        const taken = [afterKill.open, afterKill.first, afterClose.open, beyond, rows, bare];
        for (const [i, values] of [...samples.values()].entries()) values.push(taken[i]!);
      }
      return [...samples].map(([name, values]) => ({
        name,
        role: name === BARE ? 'floor' : 'ours',
        unit: 'ms',
        samples: values,
      }));
    },
  };
}

const OLD = 'before';
const CURRENT = 'after';

/** Makes a store as a close leaves it, and one as a kill does; returns the position after which the rows are open. */
async function makeKilled(used: StackPlace, clean: StackPlace, killed: StackPlace, count: number): Promise<number> {
  const entriesOf = (source: string, seed: number) =>
    sampleEntries(count, { seed }).map((entry, i) => entry.with({ key: `key-${i}`, source }));
  await fill(used, entriesOf(OLD, 1));
  copyStore(used, clean);
  const { base } = makeLoneTiers(used);
  base.open();
  const from = base.log.read(0, 1)!.head;
  base.putMany(entriesOf(CURRENT, 2));
  // Copied while it is open, as a kill leaves it.
  copyStore(used, killed);
  base.close();
  return from;
}

function copyStore({ directory: from }: StackPlace, { directory: to }: StackPlace): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** The rows after a position, as the stack reads them. */
function readRows(place: StackPlace, from: number, count: number): number {
  const { base } = makeLoneTiers(place);
  base.open();
  let [after, found] = [from, 0];
  const started = performance.now();
  for (let rows = base.log.read(after, PAGE)!.rows; rows.length > 0; rows = base.log.read(after, PAGE)!.rows) {
    found += rows.length;
    after = rows.at(-1)!.position;
  }
  const taken = performance.now() - started;
  base.close();
  if (found !== count) throw new Error(`${found} open rows, expected ${count}`);
  return taken;
}

/** Opens a stack and reads one entry, which must be from a source. */
async function openAndGet(place: StackPlace, source: string): Promise<{ open: number; first: number }> {
  globalThis.gc?.();
  const started = performance.now();
  const cache = await openAgreed(place);
  const open = performance.now() - started;
  const found = await cache.get('key-1');
  const first = performance.now() - started;
  await cache.close();
  if (found?.source !== source) throw new Error(`the first get found the entry of ${found?.source}, not of ${source}`);
  return { open, first };
}

/** One statement that reads the newest rows of the log. */
function readLog({ directory }: StackPlace, count: number): number {
  const db = openBare(basePlace({ directory }));
  const started = performance.now();
  const rows = db.prepare(`SELECT position, key, version FROM ${LOG} ORDER BY position DESC LIMIT ?`).raw().all(count);
  const taken = performance.now() - started;
  db.close();
  if (rows.length !== count) throw new Error(`${rows.length} rows, expected ${count}`);
  return taken;
}

export const agreementOpenClean = SECOND_TIERS.map(openClean);
export const agreementOpenKilled = SECOND_TIERS.map(openKilled);
