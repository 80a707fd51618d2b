import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, makeEntry, NOW, type Tier, tempDir, withDatabase } from '../support.ts';
import { holdLock } from './hold-lock.ts';

function listening(kind: Kind, directory: string): { tier: Tier; polled: () => (string | null)[] } {
  const tier = kind.make(directory);
  const seen: (string | null)[] = [];
  tier.changes.subscribe((key) => void seen.push(key));
  tier.open();
  return {
    tier,
    polled: () => {
      expect(tier.changes.poll()).toBe(true);
      return seen.splice(0);
    },
  };
}

describe.each(KINDS)('a listener for changes of $name', (kind) => {
  it('is called with null once the database is reached, and again when it is opened again', () => {
    const { tier, polled } = listening(kind, tempDir());
    expect(polled()).toEqual([null]);
    expect(polled()).toEqual([]);
    tier.close();
    tier.open();
    expect(polled()).toEqual([null]);
  });

  it('is called for what other connections write, once for each key, and not for its own writes', () => {
    const directory = tempDir();
    const { tier, polled } = listening(kind, directory);
    const other = kind.make(directory);
    polled();
    tier.put('a', makeEntry('a'));
    other.put('b', makeEntry('b'));
    other.put('b', makeEntry('b'));
    tier.delete('b');
    other.delete('a');
    tier.put('c', makeEntry('c'));
    expect(polled().toSorted()).toEqual(['a', 'b']);
    tier.put('d', makeEntry('d'));
    expect(polled()).toEqual([]);
    void other.update('c', () => null);
    expect(polled()).toEqual(['c']);
  });

  it('is called with null when everything was removed', () => {
    const directory = tempDir();
    const { polled } = listening(kind, directory);
    polled();
    kind.make(directory).clear();
    expect(polled()).toEqual([null]);
  });

  it('is called with null when rows were pruned that it has not seen', () => {
    const directory = tempDir();
    const { polled } = listening(kind, directory);
    polled();
    const batch = Array.from({ length: 1000 }, (_, at) => makeEntry(`k${at}`));
    const other = kind.make(directory);
    for (let round = 0; round < 13; round++) other.putMany(batch);
    expect(polled()).toEqual([null]);
    expect(polled()).toEqual([]);
  });

  it('is called for a row of ProxyWhirl, and with null if that cannot be adopted yet', () => {
    const directory = tempDir();
    const { tier, polled } = listening(kind, directory);
    tier.put('a', makeEntry('a'));
    polled();
    const path = kind.file(directory);
    withDatabase(path, (db) =>
      db.exec(`INSERT INTO ${kind.table} (key, proxy_url, source, fetch_time, last_accessed, ttl_seconds, expires_at
        ${kind.table === 'l2_cache' ? '' : ', created_at, updated_at'})
        VALUES ('b', 'http://192.0.2.1:1', 's', ${NOW / 1000}, 0, 60, ${NOW / 1000 + 60}${kind.table === 'l2_cache' ? '' : ', 0, 0'})`),
    );
    const release = holdLock(path);
    expect(polled()).toEqual([null]);
    release();
    expect(polled()).toEqual(['b']);
    expect(polled()).toEqual([]);
  });

  it('is called for a row of ProxyWhirl that this tier adopted when its log was read', () => {
    const directory = tempDir();
    const { tier, polled } = listening(kind, directory);
    tier.put('a', makeEntry('a'));
    polled();
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.table} SET rowid = 9, source = 'theirs'`));
    tier.log.read(0, 1);
    expect(polled()).toEqual(['a']);
  });

  it('is not called any more once it is removed', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const seen: unknown[] = [];
    const remove = tier.changes.subscribe((key) => void seen.push(key));
    tier.open();
    remove();
    kind.make(directory).put('a', makeEntry('a'));
    expect(tier.changes.poll()).toBe(true);
    expect(seen).toEqual([null]);
  });

  it('learns from poll that the database could not be asked', () => {
    const directory = tempDir();
    const { tier, polled } = listening(kind, directory);
    polled();
    tier.close();
    withDatabase(kind.file(directory), (db) => db.exec('UPDATE pw_schema SET version = 99'));
    expect(tier.changes.poll()).toBe(false);
  });
});
