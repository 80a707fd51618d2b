import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { longestStopDuring } from '@pw/test-support';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MOST_CHECKS } from '../src/health/stored-checks.ts';
import type { SqliteCacheTier } from '../src/index.ts';
import { MAX_ROW_BYTES } from '../src/rows/value-limits.ts';
import { KINDS, L3, makeEntry, makeL3, NOW, tempDir, withDatabase } from './support.ts';

const MANY = 60_000;
const checkUrl = 'https://example.com/ip';

/** Adds any number of health checks, as another program may have done. */
function addChecks(directory: string, key: string, count: number, values = `NULL, '${checkUrl}'`): void {
  withDatabase(L3.file(directory), (db) =>
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      INSERT INTO health_history (proxy_key, check_time, status, response_time_ms, error_message, check_url)
      SELECT '${key}', ${NOW / 1000} + i, 'healthy', i, ${values} FROM n`),
  );
}

const left = (directory: string, table = 'health_history') =>
  withDatabase(L3.file(directory), (db) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()) as number;

/** Databases of `heavyStore` by their number of checks, each made once. */
const heavyStores = new Map<number, Buffer>();

/** A store of some entries, in which the entry "a" has many health checks. */
function heavyStore(count = MANY): string {
  const directory = tempDir();
  const made = heavyStores.get(count);
  if (made !== undefined) {
    writeFileSync(L3.file(directory), made, { mode: 0o600 });
    return directory;
  }
  const tier = makeL3(directory);
  tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key, { password: 'hunter2' })));
  tier.recordHealthCheck('b', { status: 'healthy', checkUrl });
  tier.close();
  addChecks(directory, 'a', count);
  heavyStores.set(count, readFileSync(L3.file(directory)));
  return directory;
}

/** Polls the file until it has no more tombstones. */
async function untilNoTombstones(directory: string): Promise<void> {
  const db = new Database(L3.file(directory));
  const notes = db.prepare('SELECT count(*) FROM pw_forgotten_checks').pluck();
  while (notes.get() !== 0) await turn();
  db.close();
}

const other = makeEntry('a', { proxyUrl: 'http://192.0.2.9:8080' });
const LATE = { now: () => Date.parse('2037-01-01T00:00:00Z') };

/** Every way in which an entry can be removed. */
const WAYS: Readonly<Record<string, (directory: string) => SqliteCacheTier>> = {
  delete: (directory) => {
    const tier = makeL3(directory);
    expect(tier.delete('a')).toBe(true);
    return tier;
  },
  deleteMany: (directory) => {
    const tier = makeL3(directory);
    expect(tier.deleteMany(['b', 'a', 'x'])).toEqual([true, true, false]);
    return tier;
  },
  clear: (directory) => {
    const tier = makeL3(directory);
    expect(tier.clear()).toBe(3);
    return tier;
  },
  'a read after its expiry': (directory) => {
    const tier = makeL3(directory, { clock: LATE });
    expect(tier.get('a')).toBeUndefined();
    return tier;
  },
  cleanupExpired: (directory) => {
    const tier = makeL3(directory, { clock: LATE });
    expect(tier.cleanupExpired()).toBe(3);
    return tier;
  },
  'the replacement by another proxy': (directory) => {
    const tier = makeL3(directory);
    expect(tier.put('a', other)).toBe(true);
    return tier;
  },
  eviction: (directory) => {
    const tier = L3.make(directory, { maxEntries: 3, evictionPolicy: 'fifo' }) as SqliteCacheTier;
    expect(tier.put('new', makeEntry('new'))).toBe(true);
    return tier;
  },
  'a lower limit': (directory) => {
    const tier = L3.make(directory, { maxEntries: 2, evictionPolicy: 'fifo' }) as SqliteCacheTier;
    tier.open();
    return tier;
  },
  'setting it aside': (directory) => {
    withDatabase(L3.file(directory), (db) => db.exec("UPDATE cache_entries SET source = 'rot' WHERE key = 'a'"));
    const tier = makeL3(directory);
    expect(tier.get('a')).toBeUndefined();
    return tier;
  },
};

describe.each(Object.entries(WAYS))('an entry with very many health checks, removed by %s', (_, go) => {
  it('blocks the event loop for a small part of the work, and all its checks are deleted', async () => {
    let share = Number.POSITIVE_INFINITY;
    // The best of several attempts counts, since a busy machine may stop the process at any moment.
    for (let tries = 0; tries < 12 && share >= 0.2; tries++) {
      const directory = heavyStore();
      const start = performance.now();
      let tier: SqliteCacheTier | undefined;
      const { wallMs: stop } = await longestStopDuring(async () => {
        tier = go(directory);
        await untilNoTombstones(directory);
      });
      share = stop / (performance.now() - start);
      expect(tier?.healthSummary('a').checks).toBe(0);
      expect(left(directory, 'pw_forgotten_checks')).toBe(0);
      expect(withDatabase(L3.file(directory), (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
      expect(left(directory, "health_history WHERE proxy_key = 'a'")).toBe(0);
      expect(left(directory, 'pw_cache_entries')).toBe(left(directory, 'cache_entries'));
      expect(tier?.totalFailures).toBe(0);
      tier?.close();
    }
    expect(share).toBeLessThan(0.2);
  });
});

describe('health checks of a removed entry, deleted in the background', () => {
  const rows = (directory: string) => [left(directory), left(directory, 'pw_forgotten_checks')];

  it('are never read again, and checks recorded later stay', async () => {
    for (const way of ['delete', 'clear', 'the replacement by another proxy']) {
      const directory = heavyStore(5000);
      const tier = WAYS[way]!(directory);
      expect(tier.healthHistory('a')).toEqual([]);
      expect(tier.healthSummary('a').checks).toBe(0);
      expect(tier.healthHistory('b')).toHaveLength(way === 'clear' ? 0 : 1);
      tier.put('a', other);
      tier.recordHealthCheck('a', { status: 'dead', checkUrl });
      expect(rows(directory)[1]).toBe(1);
      const two = makeL3(directory);
      expect(two.healthSummary('a')).toMatchObject({ checks: 1, failures: 1 });
      await untilNoTombstones(directory);
      expect(rows(directory)).toEqual([way === 'clear' ? 1 : 2, 0]);
      expect(tier.healthSummary('a')).toMatchObject({ checks: 1, failures: 1 });
    }
  });

  it('are deleted after the next opening if the process ends first', async () => {
    const directory = heavyStore(5000);
    const tier = WAYS.delete!(directory);
    tier.close();
    expect(rows(directory)).toEqual([5001, 1]);
    const next = makeL3(directory);
    expect(next.get('a')).toBeUndefined();
    expect(next.healthHistory('a')).toEqual([]);
    expect(next.size()).toBe(2);
    await untilNoTombstones(directory);
    expect(rows(directory)).toEqual([1, 0]);
  });

  it('get their tombstone in the transaction of the removal', () => {
    const directory = heavyStore(5000);
    const tier = makeL3(directory, { failureThreshold: 100, busyTimeoutMs: 0 });
    tier.open();
    const rival = new Database(L3.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('BEGIN IMMEDIATE');
    expect(tier.delete('a')).toBe(false);
    rival.exec('COMMIT');
    expect(rows(directory)).toEqual([5001, 0]);
    expect(tier.healthSummary('a').checks).toBe(5000);
    expect(tier.delete('a')).toBe(true);
    expect(rows(directory)).toEqual([5001, 1]);
  });

  it('are deleted in the background only if there are many', () => {
    const directory = heavyStore(900);
    const tier = makeL3(directory);
    expect(tier.delete('a')).toBe(true);
    expect(rows(directory)).toEqual([1, 0]);
    expect(tier.delete('b')).toBe(true);
    expect(rows(directory)).toEqual([0, 0]);
  });

  it('are also deleted in the background if there are few with long strings', async () => {
    const directory = heavyStore(1);
    addChecks(directory, 'a', 20, `hex(zeroblob(200000)), '${checkUrl}'`);
    const tier = makeL3(directory);
    expect(tier.delete('a')).toBe(true);
    expect(rows(directory)).toEqual([22, 1]);
    await untilNoTombstones(directory);
    expect(rows(directory)).toEqual([1, 0]);
  });

  it('of several entries are all deleted, even if a key is stored again meanwhile', async () => {
    const directory = heavyStore(5000);
    addChecks(directory, 'c', 5000);
    const tier = makeL3(directory);
    expect(tier.deleteMany(['a', 'c'])).toEqual([true, true]);
    expect(rows(directory)).toEqual([10_001, 2]);
    expect(tier.put('c', makeEntry('c'))).toBe(true);
    await untilNoTombstones(directory);
    expect(rows(directory)).toEqual([1, 0]);
    expect(tier.get('c')?.key).toBe('c');
    // From here on, the cascade deletes side rows again.
    expect(tier.delete('c')).toBe(true);
    expect(left(directory, 'cache_entries')).toBe(1);
    expect(left(directory, 'pw_cache_entries')).toBe(1);
  });
});

it('a cleanup in a worker removes very many checks with their entries, and lets writes pass', async () => {
  let share = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 12 && share >= 0.25; tries++) {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.putMany(Array.from({ length: 400 }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 })));
    tier.put('live', makeEntry('live'));
    addChecks(directory, 'old7', 2 * MANY);
    addChecks(directory, 'live', 10);
    const start = performance.now();
    let puts = 0;
    const { wallMs: stop } = await longestStopDuring(async () => {
      const state = { isDone: false };
      const cleanup = Promise.resolve(tier.cleanupExpired()).finally(() => {
        state.isDone = true;
      });
      for (; !state.isDone; puts++) {
        expect(tier.put('new', makeEntry('new'))).toBe(true);
        await sleep(1);
      }
      expect(await cleanup).toBe(400);
    });
    share = stop / (performance.now() - start);
    expect(puts > 0).toBe(true);
    expect(tier.size()).toBe(2);
    expect(left(directory)).toBe(10);
  }
  expect(share).toBeLessThan(0.25);
});

it('a summary reads a bounded number of checks, and blocks the event loop only briefly', () => {
  const directory = heavyStore(100_000);
  const tier = makeL3(directory);
  tier.healthSummary('b');
  const all = 'SELECT check_time, status, response_time_ms FROM health_history';
  const best = { summary: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };
  const time = (name: keyof typeof best, work: () => unknown) => {
    const start = performance.now();
    work();
    best[name] = Math.min(best[name], performance.now() - start);
  };
  withDatabase(L3.file(directory), (db) => {
    for (let tries = 0; tries < 10 && best.summary >= best.all / 5; tries++) {
      time('summary', () => expect(tier.healthSummary('a').checks).toBe(MOST_CHECKS));
      time('all', () => db.prepare(all).raw().all());
    }
  });
  // The summary reads a twentieth of the rows.
  expect(best.summary).toBeLessThan(best.all / 5);
});

describe.each(KINDS)('$name: a damaged row longer than any valid one', (kind) => {
  /** So long that reading it blocks the event loop for a measurable time. */
  const VERY_LONG = 32_000_000;

  function withLongRow(bytes = MAX_ROW_BYTES + 1): string {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(['a', 'b'].map((key) => makeEntry(key, { password: 'hunter2' })));
    tier.close();
    withDatabase(kind.file(directory), (db) =>
      db.exec(
        `UPDATE ${kind.table} SET username_encrypted = zeroblob(${bytes}) WHERE key = 'a'; PRAGMA wal_checkpoint(TRUNCATE)`,
      ),
    );
    return directory;
  }

  const aside = (directory: string) =>
    withDatabase(kind.file(directory), (db) =>
      db
        .prepare(`SELECT key, username_encrypted, password_encrypted NOT NULL FROM ${kind.side}_quarantine`)
        .raw()
        .all(),
    );
  const rows = (directory: string) =>
    withDatabase(kind.file(directory), (db) => db.prepare(`SELECT count(*) FROM ${kind.table}`).pluck().get());

  it('is a miss immediately, is counted once, and is set aside by a worker without blocking the event loop', async () => {
    let share = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 12 && share >= 0.3; tries++) {
      const directory = withLongRow(VERY_LONG);
      const tier = kind.make(directory);
      tier.open();
      const watch = new Database(kind.file(directory));
      const count = watch.prepare(`SELECT count(*) FROM ${kind.table}`).pluck();
      const start = performance.now();
      const { wallMs: stop } = await longestStopDuring(async () => {
        for (let reads = 0; reads < 3; reads++) expect(tier.get('a')).toBeUndefined();
        expect([...tier.getMany(['a', 'b']).keys()]).toEqual(['b']);
        while (count.get() === 2) await turn();
      });
      share = stop / (performance.now() - start);
      watch.close();
      expect(aside(directory)).toEqual([['a', null, 1]]);
      expect(tier.statistics.evictionsCorruption).toBe(1);
      expect(tier.size()).toBe(1);
      expect(tier.totalFailures).toBe(0);
      expect(tier.put('a', makeEntry('a'))).toBe(true);
      expect(tier.get('a')?.key).toBe('a');
      tier.close();
    }
    expect(share).toBeLessThan(0.3);
  });

  it('is found again if the tier is closed first', async () => {
    const directory = withLongRow();
    const tier = kind.make(directory);
    expect(tier.get('a')).toBeUndefined();
    tier.close();
    tier.open();
    expect(tier.get('a')).toBeUndefined();
    while (rows(directory) === 2) await sleep(5);
    expect(aside(directory)).toHaveLength(1);
    expect(tier.size()).toBe(1);
    expect(tier.totalFailures).toBe(0);
  });

  it('is set aside by a re-encryption, and immediately if no worker is wanted', async () => {
    const directory = withLongRow();
    const tier = kind.make(directory);
    for await (const counts of tier.reseal(10)) expect(counts.inQuarantine ?? 0).toBe(0);
    expect(rows(directory)).toBe(1);
    expect(aside(directory).length).toBe(1);
    const other = withLongRow();
    expect(kind.make(other, {}, { maxBlockMs: null }).get('a')).toBeUndefined();
    expect(rows(other)).toBe(1);
    expect(aside(other).length).toBe(1);
  });

  it('is set aside even if its key has very many health checks', async () => {
    if (kind !== L3) return;
    const directory = withLongRow();
    addChecks(directory, 'a', 5000);
    const tier = makeL3(directory);
    expect(tier.get('a')).toBeUndefined();
    while (rows(directory) === 2) await sleep(5);
    expect(aside(directory).length).toBe(1);
    expect(left(directory)).toBe(0);
  });
});
