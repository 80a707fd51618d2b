import { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '../../src/index.ts';

// Ends in the middle of a burst of writes, without closing its tiers, in the way it is told.
const [directory, how] = process.argv.slice(2) as [string, string];
// More than Node.js lets listen to one event without a warning.
const tiers = Array.from({ length: 12 }, (_, i) => new JsonlCacheTier({}, { directory: `${directory}/${i}` }));
process.on('warning', ({ name }) => process.stdout.write(`${name}\n`));
let round = 0;
const burst = () =>
  Promise.all(
    tiers.map((tier, i) => {
      const key = `k-${i}-${round % 3}`;
      return tier.put(key, CacheEntry.create({ key, proxyUrl: 'http://198.18.0.1:80' }));
    }),
  );
for (; round < 20; round++) await burst();
process.stdout.write(`${process.listenerCount('exit')} listener\n`);
if (how === 'exit') process.exit(0);
if (how === 'error') queueMicrotask(() => process.getBuiltinModule('node:fs').readFileSync('/nowhere'));
