import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { atMost } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import {
  bareUpsert,
  copyDatabase,
  fillDatabase,
  makeSqliteTier,
  openBare,
  rawRows,
  SQLITE_KINDS,
  type SqliteKind,
  sqliteFile,
} from '../floors/bare-sqlite.ts';
import type { Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { accessed } from '../samples/accessed.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 16;
/**
 * The index of last_accessed in a row of either table that starts with its rowid, and of the checksum in a side row.
 */
const LAST_ACCESSED = 7;
const CHECKSUM = 2;

/** A put over an existing entry in its own transaction, compared with the bare upserts of both rows in one. */
export const sqlitePut: readonly Scenario[] = SQLITE_KINDS.map((kind) => ({
  name: `sqlite-put-${kind.level}`,
  about: `${kind.name}: one entry of 100k stored again with a new last access, credentials already sealed.`,
  goals: [atMost('tier-sqlite', 1.3, 'bare upserts')],
  setUp: (context) => putContest(kind, context),
}));

function putContest(kind: SqliteKind, { directory, quick, onFinish }: ScenarioContext): Contest {
  const entries = sampleEntries(quick ? 1000 : 100_000);
  const cipher = new CredentialEncryptor({ key: generateKey() });
  fillDatabase(kind, directory, [entries], cipher);
  const db = openBare(copyDatabase(sqliteFile(kind, directory), join(directory, 'bare.db')));
  const tier = makeSqliteTier(kind, directory, { cipher });
  tier.open();
  onFinish(() => {
    tier.close();
    db.close();
  });
  const rows = rawRows(db, kind, 20_000);
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const some = rows.map(({ key }) => byKey.get(key)!);
  const [upsert, upsertSide] = [bareUpsert(db, kind.table, true), bareUpsert(db, kind.side, false)];
  const both = db.transaction((row: unknown[], side: unknown[]) => {
    upsert.run(...row);
    upsertSide.run(...side);
  }).immediate;
  const indices = uniformIndices(rows.length, SEQUENCE, seededRandom(5));
  // Each put must change the row: SQLite does not write the page of an unchanged one.
  const bare = (i: number) => {
    const { row, side } = rows[indices[i % SEQUENCE]!]!;
    row[LAST_ACCESSED] = 1_800_000_000 + i;
    side[CHECKSUM] = i;
    both(row, side);
    return true;
  };
  const put = (i: number) => {
    const entry = accessed(some[indices[i % SEQUENCE]!]!, 1_800_000_000_000 + i * 1000);
    return tier.put(entry.key, entry) || undefined;
  };
  return {
    finds: 'value',
    expected: plainRecord(entries.find(({ key }) => key === rows[0]!.key)!.with({ accessCount: 0, lastAccessed: 0 })),
    contenders: [
      {
        name: 'tier-sqlite',
        role: 'ours',
        run: put,
        answer: () => plainRecord(tier.get(rows[0]!.key)!.with({ accessCount: 0, lastAccessed: 0 })),
      },
      { name: 'bare upserts', role: 'floor', run: bare },
    ],
  };
}

/**
 * 100k entries in one putMany into an empty database, compared with the bare inserts of the same rows in one
 * transaction.
 */
export const sqliteImport: readonly Scenario[] = SQLITE_KINDS.map((kind) => ({
  name: `sqlite-import-${kind.level}`,
  about: `${kind.name}: 100k entries in one putMany into an empty database, credentials already sealed.`,
  fullOnly: true,
  goals: [atMost('tier-sqlite', 1.5, 'bare inserts')],
  measure: (context) => measureImport(kind, context),
}));

function measureImport(kind: SqliteKind, { directory, quick }: ScenarioContext): Measurement[] {
  const count = quick ? 1000 : 100_000;
  const entries = sampleEntries(count);
  const cipher = new CredentialEncryptor({ key: generateKey() });
  fillDatabase(kind, join(directory, 'first'), [entries], cipher);
  const first = openBare(sqliteFile(kind, join(directory, 'first')));
  const rows = rawRows(first, kind, count);
  first.close();
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < (quick ? 2 : 7); round++) {
    ours.push(
      timeOf(join(directory, `ours${round}`), (folder) => {
        const tier = makeSqliteTier(kind, folder, { cipher });
        tier.open();
        return { run: () => tier.putMany(entries).every(Boolean), close: () => tier.close() };
      }),
    );
    bare.push(
      timeOf(join(directory, `bare${round}`), (folder) => {
        const empty = makeSqliteTier(kind, folder);
        empty.open();
        empty.close();
        const db = openBare(sqliteFile(kind, folder));
        const [insert, insertSide] = [bareUpsert(db, kind.table, true), bareUpsert(db, kind.side, false)];
        const all = db.transaction(() => {
          for (const { row, side } of rows) {
            insert.run(...row);
            insertSide.run(...side);
          }
          return true;
        });
        return { run: () => all.immediate(), close: () => db.close() };
      }),
    );
  }
  return [
    { name: 'tier-sqlite', role: 'ours', unit: 'ms', samples: ours },
    { name: 'bare inserts', role: 'floor', unit: 'ms', samples: bare },
  ];
}

function timeOf(folder: string, make: (folder: string) => { run: () => boolean; close: () => void }): number {
  mkdirSync(folder, { recursive: true });
  const { run, close } = make(folder);
  const started = performance.now();
  if (!run()) throw new Error('not all entries were stored');
  const elapsed = performance.now() - started;
  close();
  return elapsed;
}

/** 100 concurrent puts that survive a power cut, compared with the same rows in one bare transaction. */
export const sqliteDurable: Scenario = {
  name: 'sqlite-durable-100',
  about: 'SqliteCacheTier, durability full: 100 concurrent calls of putSoon, each acknowledged after the flush.',
  goals: [atMost('100 × putSoon', 5, 'one bare transaction')],
  setUp: ({ directory, onFinish }) => {
    const kind = SQLITE_KINDS[1]!;
    const entries = [...sampleEntries(100)].map((entry) => entry.with({ username: null, password: null }));
    fillDatabase(kind, directory, [entries]);
    const db = openBare(copyDatabase(sqliteFile(kind, directory), join(directory, 'bare.db')), 'FULL');
    const tier = makeSqliteTier(kind, directory, { durability: 'full' });
    tier.open();
    onFinish(() => {
      tier.close();
      db.close();
    });
    const rows = rawRows(db, kind, 100);
    const [upsert, upsertSide] = [bareUpsert(db, kind.table, true), bareUpsert(db, kind.side, false)];
    const all = db.transaction((i: number) => {
      for (const { row, side } of rows) {
        row[LAST_ACCESSED] = 1_800_000_000 + i;
        side[CHECKSUM] = i;
        upsert.run(...row);
        upsertSide.run(...side);
      }
      return true;
    });
    return {
      finds: 'value',
      contenders: [
        {
          name: '100 × putSoon',
          role: 'ours',
          async: true,
          run: (i) => Promise.all(entries.map((entry) => tier.putSoon(entry.key, accessed(entry, 1.8e12 + i * 1000)))),
        },
        { name: 'one bare transaction', role: 'floor', run: (i) => all.immediate(i) },
        {
          name: '100 × put',
          role: 'ours',
          maxRuns: 3,
          run: (i) => entries.every((entry) => tier.put(entry.key, accessed(entry, 1.8e12 + i * 1000))) || undefined,
        },
      ],
    };
  },
};
