import { noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, openTier } from './survey.ts';

// A hundred concurrent durable puts, in a database that is already open.
const tier = openTier('SqliteCacheTier', process.argv[2]!, { durability: 'full' });
tier.open();
const entries = Array.from({ length: 100 }, (_, n) => entryOf(`k${n}`, String(n)));
await noteAll(
  entries.map(({ key, source }) => [key, source] as const),
  () => Promise.all(entries.map((entry) => tier.putSoon(entry.key, entry))),
);
