import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { openCache } from '@pw/cache-manager';
import { importProxies } from './import-step.ts';
import { readThroughTiers } from './read-step.ts';
import { readAfterRestart } from './restart-step.ts';
import { bold, count } from './screen.ts';
import { searchForSecrets } from './secret-search-step.ts';
import { showStatistics } from './statistics-step.ts';
import { CACHE_CONFIG, createFolder, httpProxies, removeFolder } from './workspace.ts';

const start = performance.now();
process.on('exit', removeFolder);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

createFolder();
const proxies = httpProxies().length;
console.log(bold(`${count(proxies)} real proxies in a three-tier cache`));

const key = await importProxies();
const cache = await openCache(CACHE_CONFIG, { env: { [CURRENT_KEY_VARIABLE]: key } });
try {
  await readThroughTiers(cache);
  await readAfterRestart(key, proxies);
  await searchForSecrets(cache);
  await showStatistics(cache);
} finally {
  await cache.close();
}
console.log(`\n${bold(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s.`)} The demo deleted its files.`);
