import { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '../../src/index.ts';

// Ends in a burst of writes without closing its tier, in the requested way.
const [directory, how] = process.argv.slice(2) as [string, string];
const tier = new JsonlCacheTier({ directory });
const entry = CacheEntry.create({ key: 'k', proxyUrl: 'http://198.18.0.1:80' });
// Writes in quick succession keep the lock, so that there is one to release.
while (process.listenerCount('exit') === 0) await tier.put('k', entry);
process.stdout.write('holds a lock\n');
if (how === 'exit') process.exit(0);
if (how === 'error') queueMicrotask(() => process.getBuiltinModule('node:fs').readFileSync('/nowhere'));
