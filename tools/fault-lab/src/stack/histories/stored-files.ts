import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StageTier, StoredState } from '@pw/agreement-model';
import { CacheEntry, type Clock } from '@pw/cache-models';
import Database from 'better-sqlite3';
import { takeProxyWhirlTurn } from '../../jsonl/accident/proxywhirl-turn.ts';
import { type HistoryStack, START } from './child-messages.ts';
import { baseOf, databaseOf, filesOf, middleOf } from './stores.ts';

type SqliteTable = 'l2_cache' | 'cache_entries';

/** What ProxyWhirl runs for a put. */
const PUTS: Readonly<Record<SqliteTable, string>> = {
  l2_cache: 'INSERT OR REPLACE INTO l2_cache VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, ?, ?, ?, 0, 0)',
  cache_entries:
    'INSERT OR REPLACE INTO cache_entries VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, ?, ?, ?, 0, 1, 1, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0)',
};
const SHARDS = 16n;
const LIFE_SECONDS = 1e9;

/** The files of a history, as another program or process sees and changes them. Nothing stays open. */
export class StoredFiles {
  readonly #stack: HistoryStack;
  readonly #clock: Clock;

  constructor(stack: HistoryStack, clock: Clock) {
    this.#stack = stack;
    this.#clock = clock;
  }

  look(key: string): StoredState {
    const marks = this.#marks();
    const { version: base, cursors, newest } = this.#lookAtBase(key);
    return {
      middle: this.#middleVersion(key),
      base,
      isMarked: marks.has(key) || marks.has(null),
      isUnknown: cursors.length === 0 || marks.size > 0,
      isOpen: newest > Math.min(...cursors),
    };
  }

  /** Removes an entry as another process of ours does. */
  async evict(tier: StageTier, key: string): Promise<void> {
    const opened = this.#tier(tier);
    await opened.open();
    await opened.delete(key);
    await opened.close();
  }

  /** Writes as ProxyWhirl does. */
  async writeForeign(tier: StageTier, key: string, id: string): Promise<void> {
    if (!existsSync(this.#pathOf(tier))) {
      const opened = this.#tier(tier);
      await opened.open();
      await opened.close();
    }
    if (tier === 'middle' && this.#stack.backend === 'jsonl') this.#writeLine(key, id);
    else this.#writeRow(tier, key, id);
  }

  #writeLine(key: string, source: string): void {
    const entry = CacheEntry.create({
      key,
      proxyUrl: 'http://f.example:80',
      source,
      fetchTime: START,
      ttlSeconds: LIFE_SECONDS,
    });
    takeProxyWhirlTurn(filesOf(this.#stack), [entry], shardOf(key));
  }

  #writeRow(tier: StageTier, key: string, source: string): void {
    const [from, until] = [START / 1000, START / 1000 + LIFE_SECONDS];
    this.#inDatabase(tier, (db, table) => {
      db.pragma('foreign_keys = OFF');
      db.prepare(PUTS[table]).run(key, 'http://f.example:80', source, from, from, LIFE_SECONDS, until, 'healthy');
    });
  }

  #tier(tier: StageTier) {
    const options = { clock: this.#clock };
    return tier === 'base' ? baseOf(this.#stack, options) : middleOf(this.#stack, options);
  }

  #pathOf(tier: StageTier): string {
    if (tier === 'base') return databaseOf(this.#stack);
    return this.#stack.backend === 'jsonl' ? filesOf(this.#stack) : join(filesOf(this.#stack), 'l2_cache.db');
  }

  #inDatabase<T>(tier: StageTier, work: (db: Database.Database, table: SqliteTable) => T): T {
    const db = new Database(this.#pathOf(tier));
    try {
      return work(db, tier === 'base' ? 'cache_entries' : 'l2_cache');
    } finally {
      db.close();
    }
  }

  #lookAtBase(key: string): { version?: number | undefined; cursors: readonly number[]; newest: number } {
    if (!existsSync(this.#pathOf('base'))) return { cursors: [], newest: 0 };
    return this.#inDatabase('base', (db) => {
      const cursors = "SELECT position FROM pw_cache_entries_cursors WHERE typeof(tier_id) = 'text'";
      const newest = 'SELECT ifnull(max(position), 0) FROM pw_cache_entries_changes WHERE key = ? OR key IS NULL';
      return {
        version: rowVersion(db, 'cache_entries', key),
        cursors: db.prepare(cursors).pluck().all() as number[],
        newest: db.prepare(newest).pluck().get(key) as number,
      };
    });
  }

  #middleVersion(key: string): number | undefined {
    if (!existsSync(this.#pathOf('middle'))) return undefined;
    if (this.#stack.backend === 'sqlite') return this.#inDatabase('middle', (db, table) => rowVersion(db, table, key));
    let version: number | undefined;
    for (const line of linesOf(join(filesOf(this.#stack), shardOf(key)))) {
      const record = JSON.parse(line) as { key?: string; pw_deleted?: string; pw_version?: number };
      if (record.key === key) version = record.pw_version ?? 0;
      if (record.pw_deleted === key) version = undefined;
    }
    return version;
  }

  #marks(): ReadonlySet<string | null> {
    if (!existsSync(this.#pathOf('middle'))) return new Set();
    if (this.#stack.backend === 'sqlite')
      return this.#inDatabase('middle', (db) => {
        const sql = "SELECT iif(typeof(key) = 'text', key, NULL) FROM pw_l2_cache_marks";
        return new Set(db.prepare(sql).pluck().all() as (string | null)[]);
      });
    const marks = new Set<string | null>();
    const directory = filesOf(this.#stack);
    for (const name of readdirSync(directory).filter((one) => one.endsWith('.marks'))) {
      const own = new Map<string | null, boolean>();
      for (const line of linesOf(join(directory, name))) {
        const [key, value] = (JSON.parse(line) as { pw_mark: [string | null, number?] }).pw_mark;
        own.set(key, value !== undefined);
      }
      for (const [key, isMarked] of own) if (isMarked) marks.add(key);
    }
    return marks;
  }
}

/** The version of a row; 0 if another program has written it. */
function rowVersion(db: Database.Database, table: SqliteTable, key: string): number | undefined {
  const isOurs = 'c.rowid = s.row_id';
  const sql = `SELECT iif(${isOurs}, ifnull(s.version, 0), 0) FROM ${table} c LEFT JOIN pw_${table} s ON s.key = c.key WHERE c.key = ?`;
  return db.prepare(sql).pluck().get(key) as number | undefined;
}

/** The name of the shard of a key, as ProxyWhirl computes it. */
function shardOf(key: string): string {
  const shard = BigInt(`0x${hash('md5', key)}`) % SHARDS;
  return `shard_${String(shard).padStart(2, '0')}.jsonl`;
}

function linesOf(path: string): string[] {
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
    : [];
}
