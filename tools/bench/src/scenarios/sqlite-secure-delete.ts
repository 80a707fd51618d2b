import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import type Database from 'better-sqlite3';
import { atMost } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import {
  bareUpsert,
  copyDatabase,
  fillDatabase,
  openBare,
  rawRows,
  SQLITE_KINDS,
  sqliteFile,
} from '../floors/bare-sqlite.ts';
import type { Scenario } from '../run/scenario.ts';
import { seededRandom } from '../samples/random.ts';
import { sampleEntries } from '../samples/sample-record.ts';

const kind = SQLITE_KINDS[1]!;
const MODES = ['OFF', 'FAST', 'ON'] as const;
type Mode = (typeof MODES)[number];
type Rows = ReturnType<typeof rawRows>;

/** A kind of work on the database. `prepare` returns the function that is timed. */
interface Work {
  readonly name: string;
  readonly prepare: (db: Database.Database, rows: Rows, count: number) => () => void;
}

const WORKS: readonly Work[] = [
  {
    name: 'delete',
    prepare: (db, rows, count) => {
      const remove = db.prepare(`DELETE FROM ${kind.table} WHERE key = ?`);
      const keys = shuffled(rows.slice(0, count).map(({ key }) => key));
      return () => {
        for (const key of keys) remove.run(key);
      };
    },
  },
  {
    name: 'evicting put',
    prepare: (db, rows, count) => {
      const evict = db.prepare(`DELETE FROM ${kind.table} WHERE rowid IN
        (SELECT rowid FROM ${kind.table} INDEXED BY idx_last_accessed ORDER BY last_accessed, rowid LIMIT 1)`);
      const [insert, insertSide] = [bareUpsert(db, kind.table, true), bareUpsert(db, kind.side, false)];
      const put = db.transaction((i: number) => {
        evict.run();
        const { row, side, key } = rows[i]!;
        const [rowId, lastAccessed] = [2 ** 50 + i * 2 ** 24, 2e9 + i];
        insert.run(rowId, `${key}+`, ...row.slice(2, 7), lastAccessed, ...row.slice(8));
        insertSide.run(`${key}+`, rowId, ...side.slice(2));
      }).immediate;
      return () => {
        for (let i = 0; i < count; i++) put(i);
      };
    },
  },
  {
    name: 'update',
    prepare: (db, rows, count) => {
      const update = bareUpsert(db, kind.table, true);
      const some = shuffled(rows.slice(0, count));
      return () => {
        for (const [i, { row }] of some.entries()) update.run(...row.slice(0, 7), 2e9 + i, ...row.slice(8));
      };
    },
  },
  {
    name: 'cleanup of half',
    prepare: (db) => {
      const half = db.prepare(`SELECT rowid FROM ${kind.table}`).pluck().all() as number[];
      const expire = db.prepare(`UPDATE ${kind.table} SET expires_at = 1 WHERE rowid = ?`);
      db.transaction(() => {
        for (const rowId of shuffled(half).slice(0, half.length / 2)) expire.run(rowId);
      })();
      db.pragma('wal_checkpoint(TRUNCATE)');
      const remove = db.prepare(`DELETE FROM ${kind.table} WHERE expires_at <= 1`);
      return () => void remove.run();
    },
  },
];

/**
 * The cost of `secure_delete`, which removes every trace of a deleted row from the file: the tiers run with `ON`.
 * Checkpoints are excluded, because their flushes would dominate; the data that they copy is proportional to the pages.
 */
export const sqliteSecureDelete: Scenario = {
  name: 'sqlite-secure-delete',
  about:
    'The statements of SqliteCacheTier on 100k sealed entries, by `secure_delete`: 10k of each in separate transactions, and the number of pages that they write to the log.',
  fullOnly: true,
  goals: WORKS.flatMap(({ name }) => [
    atMost(`${name}, ON`, 1.2, `${name}, OFF`),
    atMost(`pages of ${name}, ON`, 1.2, `pages of ${name}, OFF`),
  ]),
  measure: ({ directory, quick }) => {
    const cipher = new CredentialEncryptor({ key: generateKey() });
    fillDatabase(kind, join(directory, 'full'), [sampleEntries(quick ? 2000 : 100_000)], cipher);
    const full = sqliteFile(kind, join(directory, 'full'));
    const samples = new Map<string, { readonly unit: string; readonly figures: number[] }>();
    const add = (name: string, unit: string, figure: number): void => {
      const known = samples.get(name) ?? { unit, figures: [] };
      known.figures.push(figure);
      samples.set(name, known);
    };
    for (let round = 0; round < (quick ? 2 : 9); round++)
      for (const work of WORKS)
        for (const mode of inTurn(round)) {
          const path = copyDatabase(full, join(directory, 'copy.db'));
          const { elapsed, pages } = costOf(path, mode, work, quick ? 500 : 10_000);
          add(`${work.name}, ${mode}`, 'ms', elapsed);
          add(`pages of ${work.name}, ${mode}`, 'pages', pages);
        }
    return [...samples].map(
      ([name, { unit, figures }]): Measurement => ({ name, role: 'floor', unit, samples: figures }),
    );
  },
};

/** The modes, rotated by round, so that each comes first equally often. */
function inTurn(round: number): Mode[] {
  return MODES.map((_, at) => MODES[(at + round) % MODES.length]!);
}

function costOf(path: string, mode: Mode, { prepare }: Work, count: number): { elapsed: number; pages: number } {
  const db = openBare(path);
  db.pragma(`secure_delete = ${mode}`);
  const rows = rawRows(db, kind, count);
  const run = prepare(db, rows, count);
  db.pragma('wal_autocheckpoint = 0');
  const started = performance.now();
  run();
  const elapsed = performance.now() - started;
  const [state] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  db.close();
  return { elapsed, pages: state!.log };
}

function shuffled<T>(items: readonly T[]): T[] {
  const random = seededRandom(8);
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
