import fs from 'node:fs';
import { openCache } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';

const dir = fs.mkdtempSync('/tmp/try-');
const key = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const l2Backend = (process.argv[2] ?? 'jsonl') as 'jsonl';
const open = () =>
  openCache({
    l2CacheDir: dir + '/j' + l2Backend,
    l3DatabasePath: dir + '/l3' + l2Backend + '.db',
    encryptionKey: key,
    l2Backend,
  });
const e = (k: string, v: string) => CacheEntry.create({ key: k, proxyUrl: `http://${v}.example:80` });
const a = await open();
const N = 3000;
const es = Array.from({ length: N }, (_, i) => e('k' + i, 'x' + i));
for (const x of es.slice(0, 500)) await a.put(x);
const t = performance.now();
for (const x of es) await a.put(x);
console.log('put', (((performance.now() - t) / N) * 1000).toFixed(1), 'us');
const t2 = performance.now();
for (const x of es) await a.recordHealthCheck(x.key, { status: 'unhealthy', checkUrl: 'http://c.example' });
console.log('check', (((performance.now() - t2) / N) * 1000).toFixed(1), 'us');
await a.close();
const c = await open();
const t3 = performance.now();
const tiers: Record<string, number> = {};
for (const x of es) {
  const r = await c.lookup(x.key);
  tiers[r!.tier] = (tiers[r!.tier] ?? 0) + 1;
}
console.log('get', (((performance.now() - t3) / N) * 1000).toFixed(1), 'us', tiers);
await c.close();
fs.rmSync(dir, { recursive: true });
