import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CacheErrorCode } from '@pw/cache-models';
import Database from 'better-sqlite3';
import { Random } from '../random.ts';
import { randomChange } from './random-schema.ts';
import { entryOf, fileIn, KINDS, type Kind, openTier, type SqliteLabTier } from './survey.ts';

const ENTRIES = 12;
const STEPS = 30;

/**
 * Tries databases with random schema objects, one after another. Prints each seed before its trial, and the result
 * after it: `works` or `refused`. Throws for any other result. Its arguments are a directory, the first seed, and the
 * number of seeds.
 */
const [root, first, count] = process.argv.slice(2) as [string, string, string];
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  process.stdout.write(`${seed} `);
  const directory = join(root, `seed-${seed}`);
  mkdirSync(directory);
  process.stdout.write(`${tryOne(seed, directory)}\n`);
  rmSync(directory, { recursive: true });
}

function tryOne(seed: number, directory: string): 'works' | 'refused' {
  const random = new Random(seed);
  const kind = random.pick(KINDS);
  const model = fill(kind, directory);
  const path = fileIn(kind, directory);
  change(random, kind, path);
  const before = readFileSync(path);
  const tier = openTier(kind, directory);
  try {
    tier.open();
  } catch (error) {
    if ((error as { code?: unknown }).code !== CacheErrorCode.SCHEMA_REFUSED) throw error;
    demand(readFileSync(path).equals(before), 'a refused database is unchanged');
    demand(!existsSync(`${path}-wal`) && !existsSync(`${path}-shm`), 'no -wal or -shm file is left beside it');
    return 'refused';
  }
  use(random, tier, model);
  tier.close();
  const again = openTier(kind, directory);
  compare(again, model);
  again.close();
  demand(!readdirSync(directory).some((name) => name.includes('.corrupt-')), 'no file is set aside');
  return 'works';
}

function fill(kind: Kind, directory: string): Map<string, string> {
  const tier = openTier(kind, directory);
  const model = new Map(Array.from({ length: ENTRIES }, (_, i) => [`k${i}`, `old${i}`] as const));
  for (const [key, source] of model) tier.put(key, entryOf(key, source));
  tier.close();
  return model;
}

/** Skips changes that SQLite refuses. */
function change(random: Random, kind: Kind, path: string): void {
  const db = new Database(path);
  try {
    db.unsafeMode(true);
    db.exec('CREATE TABLE t(a, b)');
    for (let n = random.below(4); n >= 0; n--) {
      try {
        db.exec(randomChange(random, kind));
      } catch (error) {
        if (!(error instanceof Database.SqliteError)) throw error;
      }
    }
  } finally {
    db.close();
  }
}

function use(random: Random, tier: SqliteLabTier, model: Map<string, string>): void {
  for (let step = 0; step < STEPS; step++) {
    const key = `k${random.below(ENTRIES * 2)}`;
    const operation = random.pick(['put', 'put', 'delete', 'get']);
    if (operation === 'put') {
      demand(tier.put(key, entryOf(key, `new${step}`)), 'a put returns true');
      model.set(key, `new${step}`);
    }
    if (operation === 'delete')
      demand(tier.delete(key) === model.delete(key), 'a delete returns whether the key was there');
    if (operation === 'get') demand(tier.get(key)?.source === model.get(key), 'a get returns what was stored');
  }
  compare(tier, model);
}

function compare(tier: SqliteLabTier, model: ReadonlyMap<string, string>): void {
  demand(tier.size() === model.size, 'the size is right');
  demand(JSON.stringify(tier.keys().toSorted()) === JSON.stringify([...model.keys()].toSorted()), 'the keys are right');
  for (const [key, source] of model) demand(tier.get(key)?.source === source, 'every entry is there');
  demand(tier.totalFailures === 0 && tier.statistics.evictionsCorruption === 0, 'nothing fails');
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`);
}
