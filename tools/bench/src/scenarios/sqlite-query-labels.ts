import { CacheEntry, type EntryOrder, type EntryPage } from '@pw/cache-models';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import type Database from 'better-sqlite3';
import { atMost } from '../figures/goal.ts';
import { fillDatabase, openBare, SQLITE_KINDS, type SqliteKind, sqliteFile } from '../floors/bare-sqlite.ts';
import type { Contender, Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { seededRandom } from '../samples/random.ts';

const ORDERS = ['key', 'lastAccessed', 'leastUsed', 'random'] as const satisfies readonly EntryOrder[];
const LIMIT = 100;
const DAY_MS = 86_400_000;

/**
 * A page of the entries with one label, in each order, compared with a page by protocol, which matches as many entries.
 */
export const sqliteQueryLabels: Scenario = {
  name: 'sqlite-query-labels',
  about: `SqliteCacheTier: ${LIMIT} of the 10k entries with one label of 100k, compared with one protocol.`,
  columns: 'order',
  why: `Where the order has an index of its own (lastAccessed), a query walks it and tests each row: the protocol is in
the row, while a label is looked up. The floors are the bare statements that do the same. An index of the keys of each
label by last access would cost a write at every access.`,
  goals: ORDERS.map((order) => atMost(`by label, ${order}`, 1.3, `by protocol, ${order}`)),
  setUp: queryContest,
};

function queryContest({ directory, quick, onFinish }: ScenarioContext): Contest {
  const kind = SQLITE_KINDS[1]!;
  fillDatabase(kind, directory, [entriesOf(quick ? 2000 : 100_000)]);
  const tier = new SqliteCacheTier({ path: sqliteFile(kind, directory) });
  tier.open();
  const db = openBare(sqliteFile(kind, directory));
  onFinish(() => {
    tier.close();
    db.close();
  });
  return {
    finds: 'value',
    expected: { entries: LIMIT, wrong: 0 },
    contenders: [...ORDERS.flatMap((order) => queriesOf(tier, order)), ...bareWalks(db, kind)],
  };
}

function queriesOf(tier: SqliteCacheTier, orderBy: EntryOrder): Contender[] {
  const byLabel = (): EntryPage => tier.query({ labels: { country: 'DE' }, orderBy, limit: LIMIT });
  const byProtocol = (): EntryPage => tier.query({ protocol: 'socks5', orderBy, limit: LIMIT });
  return [
    {
      name: `by label, ${orderBy}`,
      role: 'ours',
      run: () => byLabel(),
      answer: () => judged(byLabel(), ({ labels }) => labels['country'] === 'DE'),
    },
    {
      name: `by protocol, ${orderBy}`,
      role: 'ours',
      run: () => byProtocol(),
      answer: () => judged(byProtocol(), ({ proxyUrl }) => proxyUrl.startsWith('socks5:')),
    },
  ];
}

/**
 * The rows of a page by last access, filtered by a label, which is looked up, and by a protocol, which is in the row.
 */
function bareWalks(db: Database.Database, { table, side }: SqliteKind): Contender[] {
  const walk = (condition: string) =>
    db
      .prepare(`SELECT c.*, s.* FROM ${table} c LEFT JOIN ${side} s ON s.key = c.key
        WHERE +c.expires_at > ? AND ${condition} ORDER BY c.last_accessed, c.key LIMIT ${LIMIT + 1}`)
      .raw();
  const label = walk(
    `EXISTS (SELECT 1 FROM ${side}_labels l WHERE l.name = 'country' AND l.value = 'DE' AND l.key = c.key)`,
  );
  const protocol = walk("lower(substr(c.proxy_url, 1, max(0, instr(c.proxy_url, '://') - 1))) = 'socks5'");
  return [
    { name: 'bare label, lastAccessed', role: 'floor', run: () => label.all(Date.now() / 1000) },
    { name: 'bare protocol, lastAccessed', role: 'floor', run: () => protocol.all(Date.now() / 1000) },
  ];
}

function judged({ entries }: EntryPage, fits: (entry: CacheEntry) => boolean) {
  return { entries: entries.length, wrong: entries.filter((entry) => !fits(entry)).length };
}

/** Entries of which a tenth are SOCKS 5 proxies, and an independently chosen tenth have the same country label. */
function entriesOf(count: number): CacheEntry[] {
  const random = seededRandom(5);
  const now = Date.now();
  return Array.from({ length: count }, (_, i) =>
    CacheEntry.create({
      proxyUrl: `${random() < 0.1 ? 'socks5' : 'http'}://host${i}.example:8080`,
      labels: { country: random() < 0.1 ? 'DE' : 'US', kind: 'residential' },
      lastAccessed: now - Math.floor(random() * DAY_MS),
      accessCount: Math.floor(random() * 50),
      ttlSeconds: 315_360_000,
    }),
  );
}
