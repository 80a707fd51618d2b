import { mkdirSync, rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from '../ledger/ledger-writer.ts';
import { ignoreChanges, ignoreLocks } from './ignore-locks.ts';
import { entryOf, openTier, SHARDS } from './survey.ts';

// Increments counters through the tier. A writer may change a counter while it owns a folder, which only one can
// create. The tier must ensure that each writer sees what the others wrote, and that no line is lost.
const [directory, guards, rounds, locks] = process.argv.slice(2) as [string, string, string, 'locks' | 'no locks'];
if (locks === 'no locks') {
  // Removing only the locks makes collisions so rare that nothing might be lost.
  await ignoreLocks();
  await ignoreChanges();
}
const tier = openTier(directory, { numShards: SHARDS });
await tier.open();
for (let round = 0; round < Number(rounds); round++) {
  const key = `c${Math.floor(Math.random() * 16)}`;
  const guard = `${guards}/${key}`;
  while (!took(guard)) await sleep(1);
  try {
    const next = String(1 + Number((await tier.get(key))?.source ?? 0));
    if (!(await note(key, next, () => tier.put(key, entryOf(key, next)))) && locks === 'locks')
      throw new Error('a put failed');
  } finally {
    rmdirSync(guard);
  }
}
await tier.close();

function took(guard: string): boolean {
  try {
    mkdirSync(guard);
    return true;
  } catch {
    return false;
  }
}
