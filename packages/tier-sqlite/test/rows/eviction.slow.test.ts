import type { EvictionPolicy, RemovalReason } from '@pw/cache-models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, LATER, makeEntry, NOW, tempDir, withDatabase } from '../support.ts';

interface Known {
  accessCount: number;
  lastAccessed: number;
  expiresAt: number;
  /** When its row was inserted. */
  readonly order: number;
}

/** The model: which key to evict. */
function victim(entries: ReadonlyMap<string, Known>, policy: EvictionPolicy): string {
  const rank = ({ accessCount, lastAccessed, order }: Known): readonly number[] =>
    policy === 'fifo' ? [order] : policy === 'lru' ? [lastAccessed, order] : [accessCount, order];
  const full = (known: Known) => (known.expiresAt <= NOW ? [0, known.expiresAt] : [1, ...rank(known)]);
  const compare = (a: readonly number[], b: readonly number[]) => {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
    return 0;
  };
  return [...entries].sort(([, a], [, b]) => compare(full(a), full(b)))[0]![0];
}

const key = fc.constantFrom(...Array.from('abcdefghij'));
const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), key, age: fc.nat(5), count: fc.nat(3), lives: fc.boolean() }),
    fc.record({ do: fc.constant('access' as const), key, age: fc.nat(5), count: fc.nat(3) }),
    fc.record({ do: fc.constant('delete' as const), key }),
    fc.record({ do: fc.constant('reopen' as const) }),
    fc.record({ do: fc.constant('delete elsewhere' as const), key }),
  ),
  { maxLength: 40 },
);

describe.each(KINDS)('$name with room for four', (kind) => {
  it.each(['lru', 'lfu', 'fifo'] as const)('keeps the same entries as a simple model: %s', (evictionPolicy) => {
    fc.assert(
      fc.property(commands, (list) => {
        const directory = tempDir();
        const tier = kind.make(directory, { maxEntries: 4, evictionPolicy });
        tier.open();
        const known = new Map<string, Known>();
        let order = 0;
        for (const command of list) {
          if (command.do === 'reopen') tier.close();
          else if (command.do === 'delete') {
            tier.delete(command.key);
            known.delete(command.key);
          } else if (command.do === 'delete elsewhere') {
            withDatabase(kind.file(directory), (db) =>
              db.prepare(`DELETE FROM ${kind.table} WHERE key = ?`).run(command.key),
            );
            known.delete(command.key);
          } else {
            const fields = { accessCount: command.count, lastAccessed: NOW - command.age * 1000 };
            if (command.do === 'access') {
              const old = known.get(command.key);
              const found = old !== undefined && old.expiresAt > NOW ? old : undefined;
              const update = { key: command.key, hits: command.count, lastAccessed: fields.lastAccessed };
              expect(tier.recordAccess([update])).toBe(found === undefined ? 0 : 1);
              if (found !== undefined) {
                found.accessCount += command.count;
                found.lastAccessed = Math.max(found.lastAccessed, fields.lastAccessed);
              }
            } else {
              const expiresAt = command.lives ? LATER : NOW - command.age * 1000 - order;
              if (!known.has(command.key) && known.size === 4) known.delete(victim(known, evictionPolicy));
              known.set(command.key, { ...fields, expiresAt, order: known.get(command.key)?.order ?? ++order });
              tier.put(command.key, makeEntry(command.key, { ...fields, expiresAt }));
            }
          }
        }
        const stored = withDatabase(kind.file(directory), (db) =>
          db.prepare(`SELECT key FROM ${kind.table}`).pluck().all(),
        );
        expect(new Set(stored)).toEqual(new Set(known.keys()));
        tier.close();
      }),
      { numRuns: 40 },
    );
  });

  it('calls the listener once per evicted entry with its reason, and never for the entry just put', () => {
    const gone: string[] = [];
    const onEvict = (key: string, entry: { source: string }, reason: RemovalReason) =>
      gone.push(`${key} ${entry.source} ${reason}`);
    const tier = kind.make(tempDir(), { maxEntries: 2, evictionPolicy: 'lfu' }, { onEvict });
    tier.put('old', makeEntry('old', { expiresAt: NOW }));
    tier.put('a', makeEntry('a', { accessCount: 9 }));
    tier.put('b', makeEntry('b', { accessCount: 5 }));
    tier.put('c', makeEntry('c', { accessCount: 0 }));
    expect(gone).toEqual(['old manual ttl', 'b manual capacity']);
    expect(tier.has('c')).toBe(true);
    expect(tier.statistics).toMatchObject({ evictionsLru: 1, evictionsTtl: 1, currentSize: 2 });
  });

  it('counts evictions without a listener, and ignores one that throws', () => {
    const silent = kind.make(tempDir(), { maxEntries: 3 });
    silent.putMany(Array.from({ length: 10 }, (_, i) => makeEntry(`k${i}`)));
    expect(silent.statistics).toMatchObject({ evictionsLru: 7, currentSize: 3 });
    const onEvict = () => {
      throw new Error('listener');
    };
    const loud = kind.make(tempDir(), { maxEntries: 1 }, { onEvict });
    expect(loud.put('a', makeEntry('a')) && loud.put('b', makeEntry('b'))).toBe(true);
    expect(loud.enabled).toBe(true);
  });

  it('evicts down to a lower limit when it opens', () => {
    const directory = tempDir();
    const large = kind.make(directory);
    large.putMany(Array.from({ length: 40 }, (_, i) => makeEntry(`k${i}`, { lastAccessed: NOW + i })));
    large.close();
    const small = kind.make(directory, { maxEntries: 5 });
    expect(small.keys().sort()).toEqual(['k35', 'k36', 'k37', 'k38', 'k39']);
    expect(small.statistics.evictionsLru).toBe(35);
  });
});
