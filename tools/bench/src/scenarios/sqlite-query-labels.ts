import { CacheEntry, type EntryOrder, type EntryPage } from '@pw/cache-models';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { fillDatabase, SQLITE_KINDS, sqliteFile } from '../bare-sqlite.ts';
import { atMost } from '../goal.ts';
import { seededRandom } from '../random.ts';
import type { Contest, Scenario, ScenarioContext } from '../scenario.ts';

const ORDERS = ['key', 'lastAccessed', 'leastUsed', 'random'] as const satisfies readonly EntryOrder[];
const LIMIT = 100;
const DAY_MS = 86_400_000;

/** A page of the entries with one label, in each order, against the same page by protocol: as many entries have the one and the other. */
export const sqliteQueryLabels: Scenario = {
  name: 'sqlite-query-labels',
  about: `SqliteCacheTier: ${LIMIT} of the 10k entries with one label of 100k, against one protocol.`,
  columns: 'order',
  goals: ORDERS.map((order) => atMost(`by label, ${order}`, 1.3, `by protocol, ${order}`)),
  setUp: queryContest,
};

function queryContest({ directory, quick, onFinish }: ScenarioContext): Contest {
  const kind = SQLITE_KINDS[1]!;
  fillDatabase(kind, directory, [entriesOf(quick ? 2000 : 100_000)]);
  const tier = new SqliteCacheTier({}, { path: sqliteFile(kind, directory) });
  tier.open();
  onFinish(() => tier.close());
  const byLabel = (orderBy: EntryOrder): EntryPage => tier.query({ labels: { country: 'DE' }, orderBy, limit: LIMIT });
  const byProtocol = (orderBy: EntryOrder): EntryPage => tier.query({ protocol: 'socks5', orderBy, limit: LIMIT });
  return {
    finds: 'value',
    expected: { entries: LIMIT, wrong: 0 },
    contenders: ORDERS.flatMap((order) => [
      {
        name: `by label, ${order}`,
        role: 'ours',
        run: () => byLabel(order),
        answer: () => judged(byLabel(order), ({ labels }) => labels['country'] === 'DE'),
      },
      {
        name: `by protocol, ${order}`,
        role: 'ours',
        run: () => byProtocol(order),
        answer: () => judged(byProtocol(order), ({ proxyUrl }) => proxyUrl.startsWith('socks5:')),
      },
    ]),
  };
}

function judged({ entries }: EntryPage, fits: (entry: CacheEntry) => boolean) {
  return { entries: entries.length, wrong: entries.filter((entry) => !fits(entry)).length };
}

/** A tenth of them speak SOCKS 5, and another tenth, chosen by itself, are labelled with one country. */
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
