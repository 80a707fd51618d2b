import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@pw/cache-models';
import { RecordingLogger, until } from '@pw/test-support';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Checkpointer } from '../../src/wal/checkpointer.ts';
import { KINDS, L3, makeEntry, type Tier, tempDir, withDatabase } from '../support.ts';

interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}

/** Pages in the log, and how many of them were checkpointed. */
function logOf(file: string): LogState {
  return withDatabase(file, (db) => (db.pragma('wal_checkpoint(NOOP)') as LogState[])[0]!);
}

/** Stores new entries, fifty at a time, until `isEnough` returns true for the batch. */
function storeUntil(tier: Tier, isEnough: (batch: number) => boolean): number {
  let batch = 0;
  do {
    const entries = Array.from({ length: 50 }, (_, i) => makeEntry(`k${batch}-${i}`));
    if (tier.putMany(entries).includes(false)) throw new Error('not stored');
  } while (!isEnough(++batch));
  return batch * 50;
}

describe.each(KINDS)('the log of $name', (kind) => {
  it('is checkpointed completely by a worker, even if the event loop is blocked', async () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const file = kind.file(directory);
    const end = performance.now() + 30_000;
    // The event loop gets no turn during this call.
    const count = storeUntil(
      tier,
      (batch) => batch % 20 === 0 && (logOf(file).checkpointed > 500 || performance.now() > end),
    );
    expect(logOf(file).checkpointed).toBeGreaterThan(500);
    await until('the rest is checkpointed as well', () => {
      tier.put('again', makeEntry('again'));
      const { log, checkpointed } = logOf(file);
      return log < 1000 || log - checkpointed < 1000;
    });
    expect(tier.size()).toBe(count + 1);
    tier.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(withDatabase(file, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
  });

  it('does not grow without bound, and is gone after a close in the middle of a checkpoint', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const file = kind.file(directory);
    const count = storeUntil(tier, (batch) => batch >= 200);
    expect(logOf(file).log).toBeLessThan(20_000);
    tier.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(tier.size()).toBe(count);
  });
});

describe('without a worker', () => {
  it('commits checkpoint the log, as in plain SQLite', async () => {
    const path = join(tempDir(), 'a.db');
    const db = new Database(path);
    onTestFinished(() => void db.close());
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE t (a)');
    const logger = new RecordingLogger();
    const folding = new Checkpointer(db, {
      path: join(tempDir(), 'nowhere', 'b.db'),
      tier: 'l3',
      logger,
      inThread: true,
    });
    expect(db.pragma('wal_autocheckpoint', { simple: true })).toBeGreaterThan(1000);
    const insert = db.prepare('INSERT INTO t VALUES (zeroblob(100000))');
    for (let i = 0; i < 60; i++) {
      insert.run();
      folding.wrote();
    }
    await until('the thread has failed', () => db.pragma('wal_autocheckpoint', { simple: true }) === 1000);
    insert.run();
    folding.wrote();
    expect(logOf(path).log).toBe(logOf(path).checkpointed);
    folding.stop();
  });

  it('commits checkpoint the log if maxBlockMs is null', () => {
    const directory = tempDir();
    const tier = L3.make(directory, {}, { maxBlockMs: null });
    storeUntil(tier, (batch) => batch >= 60);
    expect(logOf(L3.file(directory)).log).toBeLessThan(2500);
  });

  it('checkpoints pause while other code does them', () => {
    const db = new Database(join(tempDir(), 'a.db'));
    onTestFinished(() => void db.close());
    const folding = new Checkpointer(db, { path: db.name, tier: 'l3', logger: silentLogger, inThread: true });
    const before = db.pragma('wal_autocheckpoint', { simple: true });
    folding.pause();
    expect(db.pragma('wal_autocheckpoint', { simple: true })).toBe(0);
    folding.resume();
    expect(db.pragma('wal_autocheckpoint', { simple: true })).toBe(before);
  });
});
