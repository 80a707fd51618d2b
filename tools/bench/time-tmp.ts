import { mkdtempSync } from 'node:fs';
import { countAccess } from '@pw/cache-models';
import type { MemoryCacheTier } from '@pw/tier-memory';
import { sampleEntries } from './src/samples/sample-record.ts';
import { openFilledStack } from './src/set-ups/our-stack.ts';

const entries = sampleEntries(1000);
const cache = await openFilledStack({ directory: mkdtempSync('/tmp/al'), onFinish() {} } as never, entries);
const keys = entries.map((e) => e.key);
const map = new Map(entries.map((e) => [e.key, e]));
const bare = async (key: string) => map.get(key);
const l1 = cache.tiers[0]!.tier as MemoryCacheTier;
const nothing = Promise.resolve(undefined);
const hand = (key: string) => {
  const e = map.get(key);
  if (e === undefined) return nothing;
  const now = Date.now();
  if (now >= e.expiresAt) return nothing;
  countAccess(e, now);
  return Promise.resolve(e);
};
const subjects: Record<string, (i: number) => unknown> = {
  bare: (i) => bare(keys[i % 1000]!),
  hand: (i) => hand(keys[i % 1000]!),
  ours: (i) => cache.get(keys[i % 1000]!),
  tier: (i) => Promise.resolve(l1.get(keys[i % 1000]!)),
};
const N = 200_000;
const res: Record<string, number[]> = {};
for (let r = 0; r < 15; r++)
  for (const [name, f] of Object.entries(subjects)) {
    const run = new Function('f', 'N', 'return async () => { for (let i = 0; i < N; i++) await f(i); }')(
      f,
      N,
    ) as () => Promise<void>;
    const t = process.hrtime.bigint();
    await run();
    const d = Number(process.hrtime.bigint() - t) / N;
    if (r > 2) (res[name] ??= []).push(d);
  }
for (const [n, v] of Object.entries(res)) {
  v.sort((a, b) => a - b);
  console.log(n, v[0]!.toFixed(1), v[v.length >> 1]!.toFixed(1));
}
process.exit(0);
