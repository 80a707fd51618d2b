import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { fileIn } from './survey.ts';

// Reads entries that others change until the file `stop` exists; exits with 1 if an entry is missing or a count
// decreased.
const [directory, keys] = process.argv.slice(2) as [string, string];
const tier = new SqliteCacheTier({ path: fileIn('SqliteCacheTier', directory) });
const seen = new Map<string, number>();
let reads = 0;
while (!existsSync(join(directory, 'stop'))) {
  for (let i = 0; i < Number(keys); i++, reads++) {
    const entry = tier.get(`k${i}`);
    const count = entry?.totalHealthChecks ?? -1;
    const isTorn = entry !== undefined && entry.consecutiveHealthSuccesses > count;
    if (count < (seen.get(`k${i}`) ?? 0) || isTorn || tier.totalFailures > 0) {
      console.error(`read ${reads} of k${i} failed`);
      process.exit(1);
    }
    seen.set(`k${i}`, count);
  }
}
tier.close();
