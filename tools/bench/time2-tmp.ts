import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { sampleEntries } from './src/samples/sample-record.ts';

const entries = sampleEntries(1000);
const keys = entries.map((e) => e.key);
const l1 = new MemoryCacheTier({ maxEntries: 1000 });
const lruX = new LRUCache<string, object>({ max: 1000, ttl: 864e5, ttlResolution: 0 });
const lruT = new LRUCache<string, object>({ max: 1000, ttl: 864e5 });
for (const e of entries) {
  l1.put(e.key, e);
  lruX.set(e.key, e);
  lruT.set(e.key, e);
}
const order = new Uint32Array(65536);
let x = 12345;
for (let i = 0; i < order.length; i++) {
  x = (x * 1103515245 + 12345) & 0x7fffffff;
  order[i] = (x >>> 8) % 1000;
}
const subjects: Record<string, (i: number) => unknown> = {
  tier: (i) => l1.get(keys[order[i & 65535]!]!),
  lruExact: (i) => lruX.get(keys[order[i & 65535]!]!),
  lruTtl: (i) => lruT.get(keys[order[i & 65535]!]!),
  date: () => Date.now(),
};
const N = 1_000_000;
const res: Record<string, number[]> = {};
for (let r = 0; r < 15; r++)
  for (const [name, f] of Object.entries(subjects)) {
    const run = new Function('f', 'N', 'return () => { let s; for (let i = 0; i < N; i++) s = f(i); return s; }')(
      f,
      N,
    ) as () => unknown;
    const t = process.hrtime.bigint();
    run();
    const d = Number(process.hrtime.bigint() - t) / N;
    if (r > 2) (res[name] ??= []).push(d);
  }
for (const [n, v] of Object.entries(res)) {
  v.sort((a, b) => a - b);
  console.log(n, v[0]!.toFixed(1), v[v.length >> 1]!.toFixed(1));
}
