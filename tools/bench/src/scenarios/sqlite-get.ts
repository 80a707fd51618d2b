import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { atMost } from '../figures/goal.ts';
import {
  copyDatabase,
  fillDatabase,
  makeSqliteTier,
  openBare,
  SQLITE_KINDS,
  type SqliteKind,
  sqliteFile,
} from '../floors/bare-sqlite.ts';
import type { Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { manyEntries } from '../samples/many-entries.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 16;

/**
 * One entry by its key, as a checked CacheEntry with sealed credentials, compared with the bare row and its checksum
 * row.
 */
export const sqliteGet: readonly Scenario[] = SQLITE_KINDS.map((kind) => ({
  name: `sqlite-get-${kind.level}`,
  about: `${kind.name}: one entry of 100k by its key, checked, credentials sealed.`,
  goals: [
    atMost('tier-sqlite', 1.3, 'bare get'),
    atMost('tier-sqlite', 1.3, 'bare get, raw'),
    atMost('tier-sqlite', 1.3, 'bare get, plan kept'),
  ],
  setUp: (context) => getContest(kind, context),
}));

function getContest(kind: SqliteKind, { directory, quick, onFinish }: ScenarioContext): Contest {
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
  const sql = `SELECT c.*, s.* FROM ${kind.table} c LEFT JOIN ${kind.side} s ON s.key = c.key WHERE c.key = ?`;
  const [bare, raw, kept] = [db.prepare(sql), db.prepare(sql).raw(), db.prepare(sql.replace('?', '+?'))];
  const indices = uniformIndices(entries.length, SEQUENCE, seededRandom(3));
  const keyOf = (i: number): string => entries[indices[i % SEQUENCE]!]!.key;
  return {
    finds: 'value',
    expected: plainRecord(entries[0]),
    contenders: [
      {
        name: 'tier-sqlite',
        role: 'ours',
        run: (i) => tier.get(keyOf(i)),
        answer: () => plainRecord(tier.get(entries[0]!.key)),
      },
      { name: 'bare get', role: 'floor', run: (i) => bare.get(keyOf(i)) },
      { name: 'bare get, raw', role: 'floor', run: (i) => raw.get(keyOf(i)) },
      { name: 'bare get, plan kept', role: 'floor', run: (i) => kept.get(keyOf(i)) },
    ],
  };
}

export const sqliteGetGrowth: Scenario = {
  name: 'sqlite-get-growth',
  about: 'SqliteCacheTier: one entry by its key, of 10k and of 1M.',
  fullOnly: true,
  goals: [atMost('tier-sqlite, 1M', 1.5, 'tier-sqlite, 10k'), atMost('bare get, 1M', 1.5, 'bare get, 10k')],
  setUp: ({ directory, quick, onFinish }) => {
    const kind = SQLITE_KINDS[1]!;
    const ready = ([10_000, quick ? 20_000 : 1_000_000] as const).map((count) => {
      const folder = join(directory, String(count));
      fillDatabase(kind, folder, manyEntries(count));
      const tier = makeSqliteTier(kind, folder);
      tier.open();
      const db = openBare(sqliteFile(kind, folder));
      onFinish(() => {
        tier.close();
        db.close();
      });
      const keys = tier.keys();
      const indices = uniformIndices(count, SEQUENCE, seededRandom(4));
      const sql = `SELECT c.*, s.* FROM ${kind.table} c LEFT JOIN ${kind.side} s ON s.key = c.key WHERE c.key = +?`;
      return { tier, bare: db.prepare(sql), keyOf: (i: number): string => keys[indices[i % SEQUENCE]!]! };
    });
    const [small, large] = [ready[0]!, ready[1]!];
    return {
      finds: 'value',
      contenders: [
        { name: 'tier-sqlite, 10k', role: 'ours', run: (i) => small.tier.get(small.keyOf(i)) },
        { name: 'tier-sqlite, 1M', role: 'ours', run: (i) => large.tier.get(large.keyOf(i)) },
        { name: 'bare get, 10k', role: 'floor', run: (i) => small.bare.get(small.keyOf(i)) },
        { name: 'bare get, 1M', role: 'floor', run: (i) => large.bare.get(large.keyOf(i)) },
      ],
    };
  },
};
