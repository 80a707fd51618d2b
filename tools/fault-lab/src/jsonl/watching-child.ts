import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTier, valuesIn } from './survey.ts';

// Reads counters while others increment them, until a file appears. No counter may ever decrease or be torn.
const [directory, over] = process.argv.slice(2) as [string, string];
const tier = openTier(directory);
const seen = new Map<string, number>();
while (!existsSync(over)) {
  for (const [key, value] of await valuesIn(tier)) {
    if (Number(value) < (seen.get(key) ?? 0)) throw new Error('a counter decreased');
    seen.set(key, Number(value));
  }
  await sleep(2);
}
if (tier.totalFailures > 0 || tier.statistics.evictionsCorruption > 0)
  throw new Error('the tier found damage or failed');
await tier.close();
