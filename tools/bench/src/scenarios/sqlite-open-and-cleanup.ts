import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CacheEntry } from '@pw/cache-models';
import { atMost, within } from '../figures/goal.ts';
import {
  copyDatabase,
  fillDatabase,
  makeSqliteTier,
  openBare,
  SQLITE_KINDS,
  sqliteFile,
} from '../floors/bare-sqlite.ts';
import type { Scenario } from '../run/scenario.ts';
import { manyEntries } from '../samples/many-entries.ts';
import { seededRandom } from '../samples/random.ts';
import { sampleEntries } from '../samples/sample-record.ts';

const kind = SQLITE_KINDS[1]!;

/** The additional time to open a large database with a tier instead of better-sqlite3 alone; both read one row. */
export const sqliteOpen: Scenario = {
  name: 'sqlite-open-1m',
  about: 'SqliteCacheTier: opening a database of 1M rows and one get, minus the same without a tier.',
  fullOnly: true,
  goals: [within('time beyond a bare open', 20)],
  measure: ({ directory, quick }) => {
    fillDatabase(kind, directory, manyEntries(quick ? 10_000 : 1_000_000));
    const path = sqliteFile(kind, directory);
    const samples: number[] = [];
    for (let round = 0; round < 15; round++) {
      const tier = makeSqliteTier(kind, directory);
      const ours = timed(() => {
        tier.open();
        tier.get('nothing');
      });
      tier.close();
      let close = (): unknown => undefined;
      const bare = timed(() => {
        const db = openBare(path);
        close = () => db.close();
        db.prepare(`SELECT * FROM ${kind.table} WHERE key = ?`).get('nothing');
      });
      close();
      samples.push(ours - bare);
    }
    return [{ name: 'time beyond a bare open', role: 'ours', unit: 'ms', samples }];
  },
};

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** Entries of which half have expired, in random order, so that removal touches every part of each index. */
function halfExpired(count: number): CacheEntry[] {
  const random = seededRandom(6);
  const now = Date.now();
  return sampleEntries(count).map((entry, i) =>
    entry.with({
      username: null,
      password: null,
      expiresAt: i % 2 ? now + 1e9 + i : now - 1 - Math.floor(random() * 1e8),
    }),
  );
}

/** Removing expired entries from a large table: the time it takes, and how long it blocks the event loop. */
export const sqliteCleanup: Scenario = {
  name: 'sqlite-cleanup',
  about: 'SqliteCacheTier: removing 50k expired entries of 100k while the event loop keeps running.',
  fullOnly: true,
  goals: [atMost('tier-sqlite', 1.2, 'bare DELETE'), within('longest block of the event loop', 20)],
  measure: async ({ directory, quick }) => {
    const count = quick ? 4000 : 100_000;
    fillDatabase(kind, join(directory, 'full'), [halfExpired(count)]);
    const full = sqliteFile(kind, join(directory, 'full'));
    const [ours, bare, stops]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < (quick ? 2 : 9); round++) {
      const db = openBare(copyDatabase(full, join(directory, 'bare.db')));
      const remove = db.prepare(`DELETE FROM ${kind.table} WHERE expires_at <= ?`);
      bare.push(timed(() => void remove.run(Date.now() / 1000)));
      db.close();
      copyDatabase(full, sqliteFile(kind, directory));
      const tier = makeSqliteTier(kind, directory);
      tier.open();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const started = performance.now();
      const removed = await tier.cleanupExpired();
      ours.push(performance.now() - started);
      delay.disable();
      // The timer's own interval of a millisecond is not a block.
      stops.push(Math.max(0, delay.max / 1e6 - 1));
      if (removed !== count / 2) throw new Error(`${removed} entries were removed, expected ${count / 2}`);
      tier.close();
    }
    return [
      { name: 'tier-sqlite', role: 'ours', unit: 'ms', samples: ours },
      { name: 'bare DELETE', role: 'floor', unit: 'ms', samples: bare },
      { name: 'longest block of the event loop', role: 'ours', unit: 'ms', samples: stops },
    ];
  },
};
