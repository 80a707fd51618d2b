import { SqliteCacheTier } from '@pw/tier-sqlite';
import { fileIn } from './survey.ts';

// Changes entries that others change at the same time, each change a read and a write; ends with 1 at the first that fails.
const [directory, changes, keys] = process.argv.slice(2) as [string, string, string];
const tier = new SqliteCacheTier({}, { path: fileIn('SqliteCacheTier', directory) });
for (let n = 0; n < Number(changes); n++) {
  const key = `k${Math.floor(Math.random() * Number(keys))}`;
  const after = tier.recordHealthCheck(key, {
    status: 'healthy',
    checkUrl: 'http://example.com',
    checkTime: Date.now(),
  });
  if (after === undefined || tier.totalFailures > 0) {
    console.error(`change ${n} failed`);
    process.exit(1);
  }
}
tier.close();
