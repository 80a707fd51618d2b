import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, openTier, SHARDS } from './survey.ts';

// Puts, replaces and deletes, singly and in batches, until it is killed or has made `changes` changes.
const [directory, durability = 'normal', changes = 'Infinity', name = ''] = process.argv.slice(2) as [
  string,
  'normal' | 'full',
];
const tier = openTier(directory, { numShards: SHARDS, durability });
await tier.open();
for (let n = 0; n < Number(changes); n++) {
  const key = `${name}k${(n * 7) % 60}`;
  if (n % 11 === 10) {
    const batch = Array.from({ length: 8 }, (_, i) => [`${name}b${(n + i * 7) % 30}`, `${n}.${i}`] as const);
    await noteAll(batch, () => tier.putMany(batch.map(([k, value]) => entryOf(k, value))));
  } else if (n % 6 === 5) await note(key, GONE, async () => (await tier.delete(key)) || !(await tier.has(key)));
  else await note(key, String(n), () => tier.put(key, entryOf(key, String(n))));
}
// No close: a program that forgets to close its tier must not lose anything either.
