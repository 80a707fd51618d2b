import { CacheEntry } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LOWEST, openSyncCache, urlOf } from '../../support/sync-cache.ts';

type Step =
  | { readonly op: 'put' | 'delete'; readonly source: string; readonly n: number }
  | { readonly op: 'sync'; readonly source: string; readonly list: readonly number[]; readonly force: boolean }
  | { readonly op: 'during'; readonly source: string; readonly list: readonly number[]; readonly put: number };

const source = fc.constantFrom('a', 'b', 'c');
const n = fc.integer({ min: 0, max: 11 });
const list = fc.array(n, { maxLength: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constantFrom('put', 'put', 'delete'), source, n }),
  fc.record({ op: fc.constant('sync' as const), source, list, force: fc.boolean() }),
  fc.record({ op: fc.constant('during' as const), source, list, put: n }),
);

const OTHER = 'other';
const entryOf = (number: number, from: string) => CacheEntry.create({ proxyUrl: urlOf(number), source: from });

describe.each(LOWEST)('syncFrom above %s', (lowest) => {
  it('agrees with a model: the source has exactly the entries of the list, and nothing else changes', async () => {
    const cache = await openSyncCache(makeTempDir(onTestFinished), lowest);
    onTestFinished(() => cache.close());
    /** The source of each number. */
    let model = new Map<number, string>();
    const numbersOf = (from: string) => [...model].flatMap(([number, of]) => (of === from ? [number] : []));

    async function sync({ source: from, list: numbers, force }: Step & { op: 'sync' }): Promise<void> {
      const before = numbersOf(from);
      const names = new Set(numbers);
      const kept = before.filter((number) => names.has(number)).length;
      const unlisted = before.length - kept;
      const isRefused = !force && unlisted > 0 && (names.size === 0 || unlisted > kept);
      const adopted = [...names].filter((number) => model.has(number) && model.get(number) !== from).length;
      const result = await cache.syncFrom(from, numbers.map(urlOf), { force, batchSize: 3 });
      expect(result.refused !== null).toBe(isRefused);
      if (isRefused) return;
      for (const number of before) model.delete(number);
      for (const number of names) model.set(number, from);
      const { added, updated, removed } = result;
      expect(added).toEqual(names.size - kept - adopted);
      expect(updated).toEqual(adopted);
      expect(result.kept).toEqual(kept);
      expect(removed).toEqual(unlisted);
    }

    /** Another source puts an entry at each progress report, so also just before each batch is removed. */
    async function syncDuring({ source: from, list: numbers, put }: Step & { op: 'during' }): Promise<void> {
      const before = numbersOf(from);
      const entry = entryOf(put, OTHER);
      const options = { force: true, batchSize: 1, onProgress: () => cache.put(entry.key, entry) };
      await cache.syncFrom(from, numbers.map(urlOf), options);
      for (const number of before) model.delete(number);
      for (const number of numbers) model.set(number, from);
      // The last put wins: the list is stored before the last report.
      model.set(put, OTHER);
    }

    const actual = async () => {
      const found: [string, string][] = [];
      for await (const entry of cache.entries()) found.push([entry.proxyUrl, entry.source]);
      return found.sort();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await cache.clear();
        model = new Map();
        for (const each of steps) {
          if (each.op === 'put') {
            const entry = entryOf(each.n, each.source);
            await cache.put(entry.key, entry);
            model.set(each.n, each.source);
          } else if (each.op === 'sync') await sync(each);
          else if (each.op === 'during') await syncDuring(each);
          else {
            await cache.delete(entryOf(each.n, each.source).key);
            model.delete(each.n);
          }
          expect(await actual()).toEqual([...model].map(([number, from]) => [urlOf(number), from]).sort());
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
