import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, RemovalReason } from '@pw/cache-models';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const concurrencyMutants: readonly Mutant[] = [
  plant(
    'lost-put',
    'Copies its rows, waits, and restores the copy: one of two concurrent puts is lost.',
    ['concurrency', 'stores every one of many concurrent puts'],
    class extends PromiseMapTier {
      protected override async transact<T>(work: () => T): Promise<T> {
        const before = this.inner.rows;
        this.inner.rows = new Map(before);
        const answer = work();
        const after = this.inner.rows;
        this.inner.rows = before;
        await this.turn();
        this.inner.rows = after;
        return answer;
      }
    },
  ),
  plant(
    'delete-undone',
    'Restores a deleted entry when a put overlaps with the delete.',
    ['concurrency', 'answers overlapping deletes and puts as in some serial order'],
    class extends PromiseMapTier {
      override async delete(key: string, reason?: RemovalReason): Promise<boolean> {
        const row = this.inner.rows.get(key);
        const was = await super.delete(key, reason);
        await setImmediate();
        if (was && row !== undefined && this.inner.rows.has(key)) this.inner.rows.set(key, row);
        return was;
      }
    },
  ),
  plant(
    'clear-in-two-steps',
    'Waits between counting and removing in clear: entries put meanwhile are removed but not counted.',
    ['concurrency', 'counts exactly the entries that clear removes among concurrent puts'],
    class extends PromiseMapTier {
      override async clear(): Promise<number> {
        const count = await super.size();
        await setImmediate();
        await super.clear();
        return count;
      }
    },
  ),
  plant(
    'delete-true-for-all',
    'Returns true from every one of several concurrent deletes of an entry.',
    ['concurrency', 'reports true for only one of several concurrent deletes'],
    class extends PromiseMapTier {
      override async delete(key: string, reason?: RemovalReason): Promise<boolean> {
        const was = await this.has(key);
        await super.delete(key, reason);
        return was;
      }
    },
  ),
  plant(
    'too-many-at-once',
    'Checks its size before it waits: concurrent puts exceed the limit.',
    ['concurrency', 'keeps to maxEntries under concurrent puts and reports every eviction'],
    class extends PromiseMapTier {
      override async put(key: string, entry: CacheEntry): Promise<boolean> {
        const { maxEntries } = this.config;
        const isFull = maxEntries !== null && this.inner.rows.size >= maxEntries;
        if (isFull || maxEntries === null) return super.put(key, entry);
        this.inner.checkEntry(key, entry);
        return this.run(false, () => {
          const step = ++this.inner.steps;
          this.inner.rows.set(key, { entry, stored: step, used: step, uses: 1 });
          return true;
        });
      }
    },
  ),
  plant(
    'batch-in-pieces',
    'Yields between the entries of a putMany, and drops entries put meanwhile.',
    ['concurrency', 'loses nothing when batches and puts overlap'],
    class extends PromiseMapTier {
      override async putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
        const rows = new Map(this.inner.rows);
        const answers = await super.putMany(entries);
        const added = new Map(
          entries.flatMap(({ key }) => {
            const row = this.inner.rows.get(key);
            return row === undefined ? [] : [[key, row]];
          }),
        );
        await setImmediate();
        this.inner.rows = new Map([...rows, ...added]);
        return answers;
      }
    },
  ),
];
