import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ResealCounts } from '@pw/cache-models/tier';
import { until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KINDS, L3, LATER, makeEntry, makeL3, NOW, type Tier, tempDir, withDatabase } from '../support.ts';

const EMPTY_AFTER_MS = 30_000;
const OLD = 'gAAAA.k1.';
const bytesOf = (path: string) => readFileSync(path, 'latin1');
const logSize = (path: string) => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
const secret = (n: number | string) => makeEntry(`k${n}`, { username: 'ann', password: `pass-${n}` });
const many = (count: number) => Array.from({ length: count }, (_, n) => secret(n));

async function reseal(tier: Tier, batchSize = 100): Promise<Required<ResealCounts>> {
  const sum = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0, inQuarantine: 0 };
  for await (const counts of tier.reseal(batchSize)) {
    sum.reencrypted += counts.reencrypted;
    sum.alreadyCurrent += counts.alreadyCurrent;
    sum.unreadable += counts.unreadable;
    sum.misplaced += counts.misplaced ?? 0;
    sum.inQuarantine += counts.inQuarantine ?? 0;
  }
  return sum;
}

describe.each(KINDS)('the data that $name leaves behind', (kind) => {
  const quarantine = `pw_${kind.table}_quarantine`;
  const filled = (directory: string, count = 20) => {
    const tier = kind.make(directory);
    tier.putMany(many(count));
    tier.close();
    return kind.file(directory);
  };
  const rotating = (directory: string) => kind.make(directory, {}, { cipher: new TestCipher('k2', 'k1') });

  it('contains no token of many expired rows that a worker removed', async () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(Array.from({ length: 1000 }, (_, n) => secret(n).with({ expiresAt: n === 0 ? LATER : NOW - 1 })));
    const removed = tier.cleanupExpired();
    expect(removed).toBeInstanceOf(Promise);
    expect(await removed).toBe(999);
    tier.close();
    expect(bytesOf(kind.file(directory)).split(OLD)).toHaveLength(3);
  });

  it('is re-encrypted in the quarantine, and nothing else there changes', async () => {
    const directory = tempDir();
    const file = filled(directory);
    withDatabase(file, (db) => {
      db.exec(`UPDATE ${kind.table} SET source = 'rotten' WHERE key = 'k3'`);
      db.exec(`UPDATE ${kind.table} SET source = 'text',
        password_encrypted = CAST(password_encrypted AS TEXT) WHERE key = 'k4'`);
    });
    const rows = () =>
      withDatabase(
        file,
        (db) => db.prepare(`SELECT * FROM ${quarantine} ORDER BY key`).all() as Record<string, unknown>[],
      );
    const tier = rotating(directory);
    expect(tier.get('k3')).toBeUndefined();
    expect(tier.get('k4')).toBeUndefined();
    const before = rows();
    expect(await reseal(tier)).toEqual({
      reencrypted: 18,
      alreadyCurrent: 0,
      unreadable: 0,
      misplaced: 0,
      inQuarantine: 0,
    });
    tier.close();
    const cipher = new TestCipher('k2');
    for (const [at, row] of rows().entries()) {
      const { username_encrypted: username, password_encrypted: password, ...others } = row;
      expect({ ...before[at], ...others }).toEqual({ ...before[at] });
      expect(cipher.decrypt(username as Buffer).reveal()).toBe('ann');
      expect(cipher.decrypt(Buffer.from(password as Buffer)).reveal()).toBe(`pass-${at + 3}`);
      expect(typeof password).toBe(typeof before[at]!['password_encrypted']);
    }
    expect(before).toHaveLength(2);
    expect(bytesOf(file)).not.toContain(OLD);
  });

  it('is set aside first if it is damaged and was not found before, whatever its key', async () => {
    const directory = tempDir();
    const file = filled(directory);
    withDatabase(file, (db) => {
      db.pragma('foreign_keys = OFF');
      db.exec(`UPDATE ${kind.table} SET source = 'rotten' WHERE key = 'k3'`);
      db.exec(`UPDATE ${kind.table} SET key = NULL WHERE key = 'k4'`);
      db.exec(`UPDATE ${kind.table} SET key = x'00ff' WHERE key = 'k5'`);
      db.exec(`UPDATE ${kind.table} SET key = '' WHERE key = 'k6'`);
    });
    const tier = rotating(directory);
    expect(await reseal(tier, 7)).toEqual({
      reencrypted: 16,
      alreadyCurrent: 0,
      unreadable: 0,
      misplaced: 0,
      inQuarantine: 0,
    });
    expect(tier.statistics.evictionsCorruption).toBe(4);
    tier.close();
    expect(bytesOf(file)).not.toContain(OLD);
    expect(withDatabase(file, (db) => db.prepare(`SELECT count(*) FROM ${quarantine}`).pluck().get())).toBe(4);
  });

  it('is counted if no key opens it, and is not read if it is too long for a token', async () => {
    const directory = tempDir();
    const file = filled(directory);
    withDatabase(file, (db) => {
      const add = db.prepare(
        `INSERT INTO ${quarantine} (set_aside_at, reason, proxy_url, username_encrypted, password_encrypted) VALUES (0, 'test', ?, ?, ?)`,
      );
      const old = new TestCipher('k1').encrypt(secret(0).password!);
      add.run('u', Buffer.from('gAAAA.lost.cGFzcw'), old);
      add.run('u', null, Buffer.alloc(10_000_000, 'x'));
      add.run(null, 7, null);
      add.run('u', null, null);
      add.run('u', '', old);
    });
    const tier = rotating(directory);
    expect(await reseal(tier, 2)).toEqual({
      reencrypted: 20,
      alreadyCurrent: 0,
      unreadable: 0,
      misplaced: 0,
      inQuarantine: 3,
    });
    expect(await reseal(tier)).toEqual({
      reencrypted: 0,
      alreadyCurrent: 20,
      unreadable: 0,
      misplaced: 0,
      inQuarantine: 3,
    });
    tier.close();
    expect(bytesOf(file)).not.toContain(OLD);
  });

  it('is counted in files that were set aside, including a token across two chunks', async () => {
    const directory = tempDir();
    const file = filled(directory);
    const aside = (name: string, bytes: Buffer) => writeFileSync(`${file}.corrupt-${name}`, bytes);
    const edge = Buffer.alloc(3 * 1024 * 1024);
    for (const at of [0, 1024 * 1024 - 3, 2 * 1024 * 1024 - 6, 2 * 1024 * 1024, 3 * 1024 * 1024 - 6])
      edge.write('gAAAAA', at);
    edge.write('674141414141', 1024 * 1024 + 100);
    aside('a', edge);
    aside('a-wal', Buffer.from('gAAAAA'));
    aside('a-shm', Buffer.from('nothing'));
    aside('b', Buffer.from('no visible token'));
    aside('c', Buffer.alloc(0));
    symlinkSync('/dev/zero', `${file}.corrupt-d`);
    const tier = rotating(directory);
    expect((await reseal(tier)).inQuarantine).toBe(6 + 1 + 1);
  });

  it('contains no token of rows that another program deleted without overwriting them', async () => {
    const directory = tempDir();
    const file = filled(directory, 400);
    withDatabase(file, (db) => db.exec(`DELETE FROM ${kind.table} WHERE rowid % 3 = 0 OR key > 'k2'`));
    expect(bytesOf(file).split(OLD).length).toBeGreaterThan(400);
    const tier = rotating(directory);
    await reseal(tier);
    expect(bytesOf(file)).not.toContain(OLD);
    expect(logSize(file)).toBe(0);
  });

  it('is an intact database with all its rows after a re-encryption', async () => {
    const directory = tempDir();
    const file = filled(directory);
    const places = () =>
      withDatabase(file, (db) => db.prepare(`SELECT rowid, key FROM ${kind.table} ORDER BY rowid`).all());
    const before = places();
    const tier = rotating(directory);
    await reseal(tier);
    expect(places()).toEqual(before);
    expect(tier.get('k7')?.password?.reveal()).toBe('pass-7');
    tier.put('k7', secret(7));
    expect(tier.delete('k8')).toBe(true);
    tier.close();
    expect(withDatabase(file, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
  });
});

describe('the log', () => {
  const openL3 = (maxBlockMs?: number | null) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const directory = tempDir();
    const tier = makeL3(directory, maxBlockMs === undefined ? {} : { maxBlockMs });
    tier.putMany(many(20));
    return { tier, file: L3.file(directory) };
  };
  afterEach(() => void vi.useRealTimers());

  it.each([20, null])('is truncated half a minute after a write (maxBlockMs %s)', async (maxBlockMs) => {
    const { tier, file } = openL3(maxBlockMs);
    tier.deleteMany(many(20).map(({ key }) => key));
    expect(bytesOf(`${file}-wal`)).toContain(OLD);
    vi.advanceTimersByTime(EMPTY_AFTER_MS - 1);
    expect(logSize(file)).toBeGreaterThan(0);
    vi.advanceTimersByTime(1);
    await until('the log is empty', () => logSize(file) === 0);
    expect(bytesOf(file)).not.toContain(OLD);
    // There is nothing left to do, and no timer.
    vi.advanceTimersByTime(EMPTY_AFTER_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is truncated as soon as no connection reads an older state', async () => {
    const { tier, file } = openL3();
    const reader = new Database(file);
    onTestFinished(() => void reader.close());
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM cache_entries').get();
    tier.delete('k0');
    vi.advanceTimersByTime(EMPTY_AFTER_MS);
    reader.prepare('SELECT count(*) FROM cache_entries').get();
    expect(logSize(file)).toBeGreaterThan(0);
    reader.exec('COMMIT');
    await until('the log is empty', () => {
      vi.advanceTimersByTime(EMPTY_AFTER_MS);
      return logSize(file) === 0;
    });
  });

  it('has no timer left when the tier is closed', () => {
    const { tier } = openL3();
    expect(vi.getTimerCount()).toBe(1);
    tier.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('re-encryption fails while another connection reads an older state, and succeeds afterwards', async () => {
  const directory = tempDir();
  const before = makeL3(directory);
  before.putMany(many(20));
  before.close();
  const reader = new Database(L3.file(directory));
  onTestFinished(() => void reader.close());
  const tier = makeL3(directory, { cipher: new TestCipher('k2', 'k1') });
  tier.open();
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM cache_entries').get();
  await expect(reseal(tier)).rejects.toMatchObject({ code: 'CACHE_STORAGE_FAILED', cause: { code: 'SQLITE_BUSY' } });
  reader.exec('COMMIT');
  expect(await reseal(tier)).toMatchObject({ reencrypted: 0, alreadyCurrent: 20 });
  expect(bytesOf(L3.file(directory))).not.toContain(OLD);
});
