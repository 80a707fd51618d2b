import { SqliteCacheTier } from '@pw/tier-sqlite';
import { fileIn } from './survey.ts';

/** After this many refusals in a row, a lock cannot be the cause. */
const MOST_TRIES = 5;

// Changes entries that others change at the same time; each change is a read and a write. A change is refused if a slow
// disk kept a rival from releasing the lock in time. It is then repeated, and the refused attempt must not have been
// stored. Exits with 1 if all attempts fail.
const [directory, changes, keys] = process.argv.slice(2) as [string, string, string];
const tier = new SqliteCacheTier({ path: fileIn('SqliteCacheTier', directory), failureThreshold: MOST_TRIES + 1 });

function isChanged(key: string): boolean {
  const check = { status: 'healthy', checkUrl: 'http://example.com', checkTime: Date.now() } as const;
  return tier.recordHealthCheck(key, check) !== undefined;
}

for (let n = 0; n < Number(changes); n++) {
  const key = `k${Math.floor(Math.random() * Number(keys))}`;
  let tries = 1;
  while (!isChanged(key)) {
    if (tries++ < MOST_TRIES) continue;
    console.error(`change ${n} failed`);
    process.exit(1);
  }
}
console.log(`refused ${tier.totalFailures}`);
tier.close();
