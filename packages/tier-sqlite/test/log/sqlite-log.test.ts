import { type CacheEntry, HealthStatus } from '@pw/cache-models';
import { LOG_KEEPS, type LoggedAnswer, type LogRow, parseHealthCheck, versionOf } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { KINDS, L3, makeEntry, NOW, type Tier, tempDir, withDatabase } from '../support.ts';
import { holdLock } from './hold-lock.ts';

const OPTIONS = { after: 0, timeoutMs: 1000 };
const rows = (tier: Tier, after = 0): readonly LogRow[] => tier.log.read(after, 1_000_000)!.rows;
const keys = (tier: Tier, after = 0) => rows(tier, after).map(({ key }) => key);
const head = (tier: Tier) => tier.log.read(Number.MAX_SAFE_INTEGER - 2 ** 42, 1)!.head;
/** Writes an entry, and returns its version. */
const write = (tier: Tier, key: string, after = 0): number => {
  const answers = tier.log.write([{ key, entry: makeEntry(key) }], { ...OPTIONS, after });
  return (answers as readonly LoggedAnswer[])[0]!.version;
};
const failed = (entry: CacheEntry) => entry.with({ failureCount: entry.failureCount + 1 });

describe.each(KINDS)('the log of $name', (kind) => {
  it('has one row per write, in the order of the writes', () => {
    const tier = kind.make(tempDir());
    tier.put('a', makeEntry('a'));
    tier.putMany([makeEntry('b'), makeEntry('c')]);
    tier.delete('a');
    tier.deleteMany(['b', 'absent']);
    void tier.update('c', failed);
    tier.clear();
    expect(keys(tier)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', null]);
  });

  it('has a row for each entry that putSoon stores', async () => {
    const tier = kind.make(tempDir());
    await Promise.all([tier.putSoon('a', makeEntry('a')), tier.putSoon('b', makeEntry('b'))]);
    expect(keys(tier)).toEqual(['a', 'b']);
  });

  it('has a row for an evicted entry, before that of the entry which needed the room', () => {
    const tier = kind.make(tempDir(), { maxEntries: 1, evictionPolicy: 'fifo' });
    tier.put('a', makeEntry('a'));
    tier.put('b', makeEntry('b'));
    expect(keys(tier)).toEqual(['a', 'a', 'b']);
  });

  it('has a row for a damaged entry that was set aside', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.table} SET source = 'x'`));
    expect(tier.get('a')).toBeUndefined();
    expect(keys(tier)).toEqual(['a', 'a']);
  });

  it('has no row for accesses, expired entries and deletes of nothing', () => {
    const clock = new ManualClock(NOW);
    const tier = kind.make(tempDir(), {}, { clock });
    tier.putMany([makeEntry('a', { expiresAt: NOW + 5 }), makeEntry('b', { expiresAt: NOW + 5 }), makeEntry('c')]);
    const before = head(tier);
    tier.recordAccess([{ key: 'c', hits: 3, lastAccessed: NOW }]);
    clock.advance(5);
    tier.get('a');
    void tier.cleanupExpired();
    tier.delete('absent');
    expect(keys(tier, before)).toEqual([]);
  });

  it('gives versions that only grow, across connections and whatever their clocks say', () => {
    const directory = tempDir();
    const tiers = [NOW, NOW - 3_600_000, NOW + 3_600_000, 0, 8.64e15].map((now) =>
      kind.make(directory, {}, { clock: new ManualClock(now) }),
    );
    for (let round = 0; round < 3; round++) for (const tier of tiers) tier.put('a', makeEntry('a'));
    const versions = rows(tiers[0]!).map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  it('gives even versions above the given one', () => {
    const tier = kind.make(tempDir());
    const after = NOW * 2048 + 1;
    expect(write(tier, 'a', after)).toBe(after + 1);
  });

  it('stamps what it returns with the version of the write', () => {
    const tier = kind.make(tempDir());
    const version = write(tier, 'a');
    expect(versionOf(tier.get('a')!)).toBe(version);
    expect(versionOf(tier.peek('a')!)).toBe(version);
    expect(versionOf(tier.getMany(['a']).get('a')!)).toBe(version);
    expect([...tier.entries()].map(versionOf)).toEqual([version]);
    expect(tier.log.versionOf('a')).toBe(version);
  });

  it('tells for each write whether there was a live entry', () => {
    const clock = new ManualClock(NOW);
    const tier = kind.make(tempDir(), {}, { clock });
    tier.putMany([makeEntry('a'), makeEntry('old', { expiresAt: NOW + 1 })]);
    clock.advance(1);
    const writes = ['a', 'b', 'old'].flatMap((key) => [
      { key, entry: makeEntry(key) },
      { key, entry: null },
      { key, entry: null },
    ]);
    const answers = tier.log.write(writes, OPTIONS) as readonly { existed: boolean }[];
    expect(answers.map(({ existed }) => existed)).toEqual([true, true, false, false, true, false, false, true, false]);
  });

  it('keeps the version of a row whose tokens are sealed again, and logs nothing', async () => {
    const tier = kind.make(tempDir());
    tier.put('a', makeEntry('a', { username: 'user', password: 'secret' }));
    const [before, version] = [head(tier), tier.log.versionOf('a')];
    for await (const _counts of tier.reseal(10));
    expect(tier.log.versionOf('a')).toBe(version);
    expect(head(tier)).toBe(before);
  });

  it('protects a version by the checksum of its row', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.side} SET version = version + 2`));
    expect(tier.get('a')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
  });

  it('ignores positions that no clock reaches', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.open();
    withDatabase(kind.file(directory), (db) =>
      db.exec(`INSERT INTO ${kind.side}_changes VALUES (9223372036854775807, 'x', NULL)`),
    );
    expect(tier.put('a', makeEntry('a'))).toBe(true);
    expect(keys(tier)).toEqual(['a']);
  });

  it('takes a row whose key cannot be read for one of all keys', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.side}_changes SET key = x'00', version = 'v'`));
    const [row] = rows(tier);
    expect(row).toEqual({ position: head(tier), key: null, version: head(tier), isUpdate: false });
  });

  it('reads a page after a position, and says where the log ends', () => {
    const tier = kind.make(tempDir());
    tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
    const page = tier.log.read(0, 2)!;
    expect(page.rows.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(page.head).toBe(rows(tier).at(-1)!.position);
    expect(tier.log.read(page.rows[1]!.position, 2)!.rows.map(({ key }) => key)).toEqual(['c']);
    expect(tier.log.read(page.head, 2)).toMatchObject({ rows: [], head: page.head, isPruned: false });
  });

  it('finds what was written after an empty page, by this connection or another', () => {
    const directory = tempDir();
    const [tier, other] = [kind.make(directory), kind.make(directory)];
    tier.put('a', makeEntry('a'));
    let at = head(tier);
    for (const writer of [tier, other, other, tier]) {
      expect(tier.log.read(at, 10)!.rows).toEqual([]);
      writer.put('b', makeEntry('b'));
      expect(keys(tier, at)).toEqual(['b']);
      at = head(tier);
    }
  });

  it('keeps the newest rows, and says that older ones were pruned', () => {
    const tier = kind.make(tempDir());
    const batch = Array.from({ length: 1000 }, (_, at) => makeEntry(`k${at}`));
    for (let round = 0; round < 14; round++) tier.putMany(batch);
    const page = tier.log.read(0, 1_000_000)!;
    expect(page.isPruned).toBe(true);
    expect(page.rows.length).toBeGreaterThanOrEqual(LOG_KEEPS);
    expect(page.rows.length).toBeLessThan(LOG_KEEPS + 2000);
    expect(tier.log.read(page.rows[0]!.position, 10)!.isPruned).toBe(false);
  });

  it('keeps rows that a tier above has not read, until that has moved on', () => {
    const tier = kind.make(tempDir());
    tier.put('first', makeEntry('first'));
    const start = head(tier);
    expect(tier.log.moveCursor('one', start)).toBe(true);
    expect(tier.log.moveCursor('two', start)).toBe(true);
    const batch = Array.from({ length: 1000 }, (_, at) => makeEntry(`k${at}`));
    for (let round = 0; round < 14; round++) tier.putMany(batch);
    void tier.log.moveCursor('one', head(tier));
    expect(tier.log.read(start, 1)!.isPruned).toBe(false);
    void tier.log.moveCursor('two', head(tier));
    expect(tier.log.read(start, 1)!.isPruned).toBe(true);
    expect(rows(tier)).toHaveLength(LOG_KEEPS);
  });

  it('does not let a tier that never comes back hold more rows than the most', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    void tier.log.moveCursor('gone', head(tier));
    tier.close();
    withDatabase(kind.file(directory), (db) => {
      const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 202000)';
      db.exec(`INSERT INTO ${kind.side}_changes (position, key)
        ${numbers} SELECT i * 2 + (SELECT max(position) FROM ${kind.side}_changes), 'a' FROM n`);
    });
    const count = () =>
      withDatabase(kind.file(directory), (db) =>
        db.prepare(`SELECT count(*) FROM ${kind.side}_changes`).pluck().get(),
      ) as number;
    const batch = Array.from({ length: 1000 }, (_, at) => makeEntry(`k${at}`));
    for (let round = 0; round < 4; round++) tier.putMany(batch);
    expect(count()).toBeLessThanOrEqual(201_000);
    // Its cursor is behind what was pruned, so it holds nothing any more.
    void tier.log.moveCursor('other', head(tier));
    expect(count()).toBeLessThanOrEqual(185_000);
    expect(tier.log.read(tier.log.cursorOf('gone')!, 1)!.isPruned).toBe(true);
  });

  it('moves a cursor forward only, and knows only tiers that have one', () => {
    const tier = kind.make(tempDir());
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    const [first, second] = rows(tier).map(({ position }) => position);
    expect(tier.log.cursorOf('one')).toBeUndefined();
    expect(tier.log.moveCursor('one', first!)).toBe(true);
    expect(tier.log.moveCursor('one', first!)).toBe(false);
    expect(tier.log.moveCursor('one', second!)).toBe(true);
    expect(tier.log.moveCursor('one', first!)).toBe(false);
    expect(tier.log.cursorOf('one')).toBe(second);
  });

  it('makes a tier known even if the log is empty, and moves no cursor past its end', () => {
    const tier = kind.make(tempDir());
    expect(tier.log.moveCursor('one', 0)).toBe(true);
    expect(tier.log.cursorOf('one')).toBe(0);
    tier.put('a', makeEntry('a'));
    void tier.log.moveCursor('one', head(tier) + 1000);
    expect(tier.log.cursorOf('one')).toBe(head(tier));
  });
});

describe.each(KINDS)('a replayed write in $name', (kind) => {
  const V = (NOW + 60_000) * 1024 + 1;

  it('keeps its version, at a new position', () => {
    const tier = kind.make(tempDir());
    tier.put('a', makeEntry('a', { source: 'old' }));
    expect(tier.log.replay('a', makeEntry('a', { source: 'new' }), V)).toBe(V);
    expect(tier.get('a')?.source).toBe('new');
    expect(versionOf(tier.get('a')!)).toBe(V);
    const last = rows(tier).at(-1)!;
    expect(last).toEqual({ position: head(tier), key: 'a', version: V, isUpdate: false });
    expect(last.position).toBeGreaterThan(V);
  });

  it('has no effect if the tier has a newer write', () => {
    const tier = kind.make(tempDir());
    tier.log.replay('a', makeEntry('a', { source: 'newer' }), V);
    const before = head(tier);
    expect(tier.log.replay('a', makeEntry('a', { source: 'older' }), V - 2)).toBe(V);
    expect(tier.log.replay('a', null, V - 2)).toBe(V);
    expect(tier.log.replay(null, null, V - 2)).toBe(0);
    expect(tier.get('a')?.source).toBe('newer');
    expect(keys(tier, before)).toEqual([null]);
  });

  it('has no effect the second time', () => {
    const tier = kind.make(tempDir());
    for (const entry of [makeEntry('a'), null]) {
      const version = entry === null ? V + 2 : V;
      tier.log.replay('a', entry, version);
      const before = head(tier);
      expect(tier.log.replay('a', entry, version)).toBe(entry === null ? 0 : V);
      expect(head(tier)).toBe(before);
    }
  });

  it('has no effect after a newer removal, of the key or of everything', () => {
    const tier = kind.make(tempDir());
    tier.log.replay('a', null, V);
    expect(tier.log.replay('a', makeEntry('a'), V - 2)).toBe(0);
    void tier.log.clear({ ...OPTIONS, after: V });
    expect(tier.log.replay('b', makeEntry('b'), V)).toBe(0);
    expect(tier.keys()).toEqual([]);
  });

  it('of everything removes what is older, and keeps what is newer', () => {
    const tier = kind.make(tempDir());
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    tier.log.replay('c', makeEntry('c'), V + 2);
    expect(tier.log.replay(null, null, V)).toBe(0);
    expect(tier.keys()).toEqual(['c']);
    expect(rows(tier).at(-1)).toMatchObject({ key: null, version: V });
  });

  it('without a version gets a new one', () => {
    const tier = kind.make(tempDir());
    tier.put('a', makeEntry('a'));
    const before = head(tier);
    expect(tier.log.replay('a', makeEntry('a', { source: 'theirs' }), 0)).toBe(head(tier));
    expect(head(tier)).toBeGreaterThan(before);
    expect(tier.get('a')?.source).toBe('theirs');
  });

  it('is found as the newest version, also of a removal', () => {
    const tier = kind.make(tempDir());
    tier.put('a', makeEntry('a'));
    tier.log.replay('a', null, V);
    expect(tier.log.versionOf('a')).toBe(0);
    expect(tier.log.newestVersionOf('a')).toBe(V);
    expect(tier.log.newestVersionOf('never')).toBe(0);
  });
});

describe.each(KINDS)('a change of $name at once', (kind) => {
  it('answers locked, counts no failure and does nothing while another process has the lock', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const release = holdLock(kind.file(directory));
    expect(tier.log.update('a', failed, { after: 0 })).toBe('locked');
    expect(tier.log.replay('a', null, (NOW + 1000) * 1024 + 1)).toBe('locked');
    expect(tier.totalFailures).toBe(0);
    release();
    expect(tier.log.update('a', failed, { after: 0 })).toMatchObject({ failureCount: 1 });
    expect(tier.log.update('a', () => null, { after: 0 })).toBeNull();
    expect(tier.log.update('a', failed, { after: 0 })).toBeUndefined();
  });

  it('does not overtake writes that wait for the lock', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { whenLocked: 'promise' });
    tier.put('a', makeEntry('a'));
    const release = holdLock(kind.file(directory));
    const waiting = tier.put('a', makeEntry('a', { failureCount: 5 }));
    expect(tier.log.update('a', failed, { after: 0 })).toBe('locked');
    release();
    expect(tier.log.update('a', failed, { after: 0 })).toMatchObject({ failureCount: 6 });
    expect(await waiting).toBe(true);
  });

  it('of a write that could not begin in time never happens', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { whenLocked: 'promise', busyTimeoutMs: 10_000 });
    tier.open();
    const release = holdLock(kind.file(directory));
    const answer = tier.log.write([{ key: 'a', entry: makeEntry('a') }], { after: 0, timeoutMs: 20 });
    expect(await answer).toBeUndefined();
    release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tier.has('a')).toBe(false);
    expect(tier.totalFailures).toBe(1);
  });
});

describe('the log of SqliteCacheTier', () => {
  const check = parseHealthCheck({ status: HealthStatus.UNHEALTHY, checkUrl: 'http://check.example' }, NOW);

  it('has a row for a health check, and adds the check of an update to the history', () => {
    const tier = L3.make(tempDir()) as ReturnType<typeof L3.make> & { health: { history(key: string): unknown[] } };
    tier.put('a', makeEntry('a'));
    tier.log.update('a', failed, { after: 0, check });
    expect(tier.health.history('a')).toMatchObject([{ status: 'unhealthy' }]);
    expect(keys(tier)).toEqual(['a', 'a']);
  });

  it('stamps what health.record returns', () => {
    const tier = L3.make(tempDir()) as unknown as {
      put(key: string, entry: CacheEntry): boolean;
      get(key: string): CacheEntry;
      health: { record(key: string, by: typeof check, change: (entry: CacheEntry) => CacheEntry): CacheEntry };
    };
    tier.put('a', makeEntry('a'));
    const stored = tier.health.record('a', check, failed);
    expect(versionOf(stored)).toBe(versionOf(tier.get('a')));
  });
});
