import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheEntry, entryToRecord } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { growsLike } from '../figures/goal.ts';
import {
  bareUpsert,
  copyDatabase,
  fillDatabase,
  makeSqliteTier,
  openBare,
  rawRows,
  SQLITE_KINDS,
  sqliteFile,
} from '../floors/bare-sqlite.ts';
import { appendFloor, readFloor } from '../floors/floors.ts';
import type { Contender, Scenario, ScenarioContext } from '../run/scenario.ts';
import { accessed } from '../samples/accessed.ts';
import { manyEntries } from '../samples/many-entries.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { linesOf } from '../samples/shard-lines.ts';

const SEQUENCE = 2 ** 16;
const SIZES = [1000, 10_000, 100_000, 1_000_000];
const QUICK_SIZES = [200, 1000];
/** A stride that visits every entry before it repeats one. */
const STRIDE = 7919;
/** The index of last_accessed in a bare row that starts with its rowid. */
const LAST_ACCESSED = 7;

interface Stage {
  readonly context: ScenarioContext;
  readonly size: number;
  readonly label: string;
  readonly directory: string;
}

/** One operation of a tier and its floor at each size; each size is a contender. */
function growth(
  name: string,
  about: string,
  [ours, floor]: readonly [string, string],
  contenders: (stage: Stage) => readonly Contender[] | Promise<readonly Contender[]>,
): Scenario {
  return {
    isLarge: true,
    name,
    about,
    columns: 'entries',
    goals: [growsLike(ours, floor, 1.5)],
    setUp: async (context) => {
      const all: Contender[] = [];
      for (const size of context.quick ? QUICK_SIZES : SIZES) {
        const directory = join(context.directory, String(size));
        mkdirSync(directory);
        const stage = { context, size, label: size.toLocaleString('en'), directory };
        for (const one of await contenders(stage)) all.push({ ...one, name: `${one.name}, ${stage.label}` });
      }
      return { finds: 'value', contenders: all };
    },
  };
}

function orderOf({ size }: Stage): (i: number) => number {
  const order = uniformIndices(size, SEQUENCE, seededRandom(size));
  return (i) => order[i % SEQUENCE]!;
}

async function filledJsonl({ context, size, directory }: Stage) {
  const store = join(directory, 'store');
  const tier = new JsonlCacheTier({ directory: store });
  context.onFinish(() => tier.close());
  const some: CacheEntry[] = [];
  const keys: string[] = [];
  for (const page of manyEntries(size)) {
    if ((await tier.putMany(page)).includes(false)) throw new Error('not every entry could be stored');
    for (const entry of page) keys.push(entry.key);
    if (some.length < SEQUENCE) some.push(...page);
  }
  return { tier, store, some, keys };
}

export const growthJsonlGet = growth(
  'jsonl-growth-get',
  'A get from files at each size, uniform access, records without credentials.',
  ['tier-jsonl', 'readSync and JSON.parse'],
  async (stage) => {
    const { tier, store, keys } = await filledJsonl(stage);
    const at = orderOf(stage);
    const floors = join(stage.directory, 'floor');
    mkdirSync(floors);
    return [
      { name: 'tier-jsonl', role: 'ours', async: true, run: (i) => tier.get(keys[at(i)]!) },
      readFloor(floors, linesOf(store), at, stage.context.onFinish),
    ];
  },
);

export const growthJsonlPut = growth(
  'jsonl-growth-put',
  'An awaited put over an entry in files at each size, compared with appending its line to a file of that size.',
  ['tier-jsonl', 'stringify and writeSync'],
  async (stage) => {
    const { tier, store, some } = await filledJsonl(stage);
    const pick = (i: number) => some[(i * STRIDE) % some.length]!;
    const records = some.map((entry) => entryToRecord(entry, undefined));
    return [
      {
        name: 'tier-jsonl',
        role: 'ours',
        async: true,
        run: async (i) => (await tier.put(pick(i).key, pick(i))) || undefined,
      },
      appendFloor(
        stage.directory,
        linesOf(store),
        (i) => records[(i * STRIDE) % records.length],
        stage.context.onFinish,
      ),
    ];
  },
);

function filledSqlite({ context, size, directory }: Stage) {
  const kind = SQLITE_KINDS[1]!;
  fillDatabase(kind, directory, manyEntries(size));
  const db = openBare(copyDatabase(sqliteFile(kind, directory), join(directory, 'bare.db')));
  const tier = makeSqliteTier(kind, directory);
  tier.open();
  context.onFinish(() => {
    tier.close();
    db.close();
  });
  return { kind, db, tier };
}

export const growthSqliteGet = growth(
  'sqlite-growth-get',
  'A get from the full database at each size, uniform access, records without credentials.',
  ['tier-sqlite', 'bare get'],
  (stage) => {
    const { kind, db, tier } = filledSqlite(stage);
    const at = orderOf(stage);
    const keys = tier.keys();
    const sql = `SELECT c.*, s.* FROM ${kind.table} c LEFT JOIN ${kind.side} s ON s.key = c.key WHERE c.key = +?`;
    const bare = db.prepare(sql);
    return [
      { name: 'tier-sqlite', role: 'ours', run: (i) => tier.get(keys[at(i)]!) },
      { name: 'bare get', role: 'floor', run: (i) => bare.get(keys[at(i)]!) },
    ];
  },
);

export const growthSqlitePut = growth(
  'sqlite-growth-put',
  'A put over an entry of the full database at each size, records without credentials.',
  ['tier-sqlite', 'bare upserts'],
  (stage) => {
    const { kind, db, tier } = filledSqlite(stage);
    const rows = rawRows(db, kind, 20_000);
    const entries = rows.map(({ key }) => tier.get(key)!);
    const [upsert, upsertSide] = [bareUpsert(db, kind.table, true), bareUpsert(db, kind.side, false)];
    const both = db.transaction((row: unknown[], side: unknown[]) => {
      upsert.run(...row);
      upsertSide.run(...side);
    }).immediate;
    return [
      {
        name: 'tier-sqlite',
        role: 'ours',
        run: (i) => {
          const entry = accessed(entries[(i * STRIDE) % entries.length]!, 1_800_000_000_000 + i * 1000);
          return tier.put(entry.key, entry) || undefined;
        },
      },
      {
        name: 'bare upserts',
        role: 'floor',
        run: (i) => {
          const { row, side } = rows[(i * STRIDE) % rows.length]!;
          row[LAST_ACCESSED] = 1_800_000_000 + i;
          both(row, side);
          return true;
        },
      },
    ];
  },
);
