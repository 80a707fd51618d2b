import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, type Kind, openTier } from './survey.ts';

// Puts, replaces and deletes, singly, in batches and in groups, until it is killed or has made `changes` changes.
const [directory, kind, durability = 'normal', changes = 'Infinity'] = process.argv.slice(2) as [
  string,
  Kind,
  'normal' | 'full',
];
const tier = openTier(kind, directory, { durability });
tier.open();
for (let n = 0; n < Number(changes); n++) {
  const key = `k${(n * 7) % 60}`;
  const batch = Array.from({ length: 8 }, (_, i) => [`b${(n + i * 7) % 30}`, `${n}.${i}`] as const);
  if (n % 11 === 10) await noteAll(batch, () => tier.putMany(batch.map(([k, value]) => entryOf(k, value))));
  else if (n % 11 === 4)
    await noteAll(batch, () => Promise.all(batch.map(([k, value]) => tier.putSoon(k, entryOf(k, value)))));
  else if (n % 6 === 5) await note(key, GONE, () => tier.delete(key) || !tier.has(key));
  else await note(key, String(n), () => tier.put(key, entryOf(key, String(n))));
}
// No close: a program that forgets to close its tier must not lose anything either.
