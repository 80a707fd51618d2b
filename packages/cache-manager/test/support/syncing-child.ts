import { type Lowest, openSyncCache } from './sync-cache.ts';

// Synchronises the source `a` of a folder's cache with a file, and kills itself after report number `at` of `phase`.
const [folder, lowest, file, phase, at] = process.argv.slice(2) as [string, Lowest, string, string, string];
const cache = await openSyncCache(folder, lowest);
let reports = 0;
await cache.syncFrom('a', file, {
  batchSize: 20,
  onProgress: (progress) => {
    // Delayed, so that the signal arrives during the next step rather than between two steps.
    if (progress.phase === phase && ++reports === Number(at)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1);
    return new Promise((resolve) => setTimeout(resolve, 1));
  },
});
await cache.close();
