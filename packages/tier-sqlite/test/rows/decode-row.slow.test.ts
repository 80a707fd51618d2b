import { describe, expect, it } from 'vitest';
import { RowChecksums } from '../../src/rows/row-checksums.ts';
import { ENTRY_COLUMNS } from '../../src/schema/table-layout.ts';
import { KINDS, type Kind, makeEntry, tempDir, withDatabase } from '../support.ts';

const LAST_ROWID = '9223372036854775807';

/**
 * A database with the keys `a` and `b`, in which another program set columns of `a`, as a row of its own or as one of
 * ours.
 */
function changed(kind: Kind, set: string, from: 'ours' | 'theirs' = 'theirs') {
  const directory = tempDir();
  const tier = kind.make(directory, {}, { failureThreshold: 100 });
  tier.putMany([makeEntry('a'), makeEntry('b')]);
  tier.close();
  const path = kind.file(directory);
  withDatabase(path, (db) => {
    db.exec(
      `UPDATE ${kind.table} SET ${from === 'theirs' && !set.startsWith('rowid') ? 'rowid = 7,' : ''} ${set} WHERE key = 'a'`,
    );
    if (from === 'theirs') return;
    const sql = `SELECT ${ENTRY_COLUMNS.join(', ')}, version FROM ${kind.table} c JOIN (SELECT * FROM ${kind.side}) USING (key) WHERE key = 'a'`;
    const row = db.prepare(sql).raw().get() as (string | number | null)[];
    const sums = new RowChecksums();
    db.prepare(`UPDATE ${kind.side} SET checksum = ?, access_checksum = ? WHERE key = 'a'`).run(
      sums.ofRecord(row, row.at(-1)!),
      sums.ofRowAccess(row),
    );
  });
  const inQuarantine = () =>
    withDatabase(path, (db) => db.prepare(`SELECT count(*) FROM ${kind.side}_quarantine`).pluck().get());
  return { tier, path, inQuarantine };
}

const WRONG = ['failure_count', 'ttl_seconds', 'access_count'].flatMap((column) =>
  ['9007199254740992', LAST_ROWID, '-9007199254740992', '0.5', '1e300', "'many'", "x'01'"]
    .concat(column === 'access_count' ? [] : ['-1'])
    .map((value) => `${column} = ${value}`),
);

describe.each(KINDS)('a row of $name', (kind) => {
  it.each(WRONG)('with %s is set aside, whichever program wrote it, even with a valid checksum', (set) => {
    // A row of ours may come from a record of ProxyWhirl, which does not bound this count.
    const isTheirsAlone = /access_count = (-?9|1e300)/.test(set);
    for (const from of isTheirsAlone ? (['theirs'] as const) : (['theirs', 'ours'] as const)) {
      const { tier, inQuarantine } = changed(kind, set, from);
      expect(tier.get('a')).toBeUndefined();
      expect(tier.get('b')?.key).toBe('b');
      expect(tier.statistics.evictionsCorruption).toBe(1);
      expect(tier.keys()).toEqual(['b']);
      expect(inQuarantine()).toBe(1);
    }
  });

  it.each([
    [`access_count = ${Number.MAX_SAFE_INTEGER}, failure_count = 0, ttl_seconds = 0`, Number.MAX_SAFE_INTEGER],
    ['access_count = -5', -5],
    ['access_count = NULL, failure_count = NULL', 0],
    ['access_count = 3.0', 3],
  ])('with a value that ProxyWhirl may store (%s) is read', (set, accessCount) => {
    expect(changed(kind, set).tier.get('a')?.accessCount).toBe(accessCount);
  });

  it.each([LAST_ROWID, '9223372036837998592', '-9223372036854775808', '9007199254740993', '-5'])(
    'at rowid %s is read, changed, counted and removed like any other, and later rows can be stored',
    (rowId) => {
      const { tier } = changed(kind, `rowid = ${rowId}`);
      expect(tier.recordAccess([{ key: 'a', hits: 4, lastAccessed: 5000 }])).toBe(1);
      expect(tier.get('a')?.accessCount).toBe(4);
      expect(tier.get('b')?.accessCount).toBe(0);
      const more = ['c', 'd', 'e'].map((key) => makeEntry(key));
      expect(tier.putMany(more)).toEqual([true, true, true]);
      expect(tier.put('a', makeEntry('a', { source: 'new' }))).toBe(true);
      expect(tier.get('a')?.source).toBe('new');
      expect(tier.size()).toBe(5);
      expect(tier.delete('a')).toBe(true);
      expect(tier.keys().toSorted()).toEqual(['b', 'c', 'd', 'e']);
      expect(tier.totalFailures).toBe(0);
    },
  );

  it.each([LAST_ROWID, '-9223372036854775808', '9007199254740993'])(
    'that is damaged is set aside at rowid %s',
    (rowId) => {
      const { tier, inQuarantine } = changed(kind, `rowid = ${rowId}, access_count = 'x'`);
      expect(tier.get('a')).toBeUndefined();
      expect(tier.get('b')?.key).toBe('b');
      expect(inQuarantine()).toBe(1);
    },
  );
});
