import { noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, openTier } from './survey.ts';

// A hundred durable puts at once, in a database that is open already.
const tier = openTier('SqliteCacheTier', process.argv[2]!, { durability: 'full' });
tier.open();
const entries = Array.from({ length: 100 }, (_, n) => entryOf(`k${n}`, String(n)));
await noteAll(
  entries.map(({ key, source }) => [key, source] as const),
  () => Promise.all(entries.map((entry) => tier.putSoon(entry.key, entry))),
);
