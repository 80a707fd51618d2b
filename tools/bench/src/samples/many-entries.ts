import type { CacheEntry } from '@pw/cache-models';
import { sampleEntries } from './sample-record.ts';

/** Entries without credentials, in pages, since a million of them would fill the heap. */
export function* manyEntries(count: number): Generator<readonly CacheEntry[]> {
  const PAGE = 10_000;
  for (let first = 0; first < count; first += PAGE) {
    const page = sampleEntries(Math.min(PAGE, count - first), { first, seed: first + 1 });
    yield page.map((entry) => entry.with({ username: null, password: null }));
  }
}
