import { mkdtempSync } from 'node:fs';
import { sampleEntries } from './src/samples/sample-record.ts';
import { openFilledStack } from './src/set-ups/our-stack.ts';

const entries = sampleEntries(1000);
const cache = await openFilledStack({ directory: mkdtempSync('/tmp/al'), onFinish() {} } as never, entries);
const keys = entries.map((e) => e.key);
const map = new Map(entries.map((e) => [e.key, e]));
const bare = async (key: string) => map.get(key);
const l1 = cache.tiers[0]!.tier as { get(k: string): unknown };
const subjects: Record<string, (i: number) => unknown> = {
  ours: (i) => cache.get(keys[i % 1000]!),
  bare: (i) => bare(keys[i % 1000]!),
  resolved: (i) => Promise.resolve(map.get(keys[i % 1000]!)),
  l1sync: (i) => l1.get(keys[i % 1000]!),
  plain: (i) => map.get(keys[i % 1000]!),
};
for (const warm of [20_000, 400_000]) {
  for (const f of Object.values(subjects)) for (let i = 0; i < warm; i++) await f(i);
  for (const [name, f] of Object.entries(subjects)) {
    const samples: number[] = [];
    for (let s = 0; s < 31; s++) {
      globalThis.gc!();
      const b = process.memoryUsage().heapUsed;
      for (let i = 0; i < 250; i++) await f(i);
      samples.push((process.memoryUsage().heapUsed - b) / 250);
    }
    samples.sort((a, b) => a - b);
    console.log(warm, name, samples[0], samples[15], samples[30]);
  }
}
const t0 = process.hrtime.bigint();
process.exit(0);
