import { note } from '../ledger/ledger-writer.ts';
import { entryOf, openTier } from './survey.ts';

// Writes in bursts, during which the lock is held, and in the middle of each blocks its event loop for longer than a
// lock lives.
const [directory, blocks] = process.argv.slice(2) as [string, string];
const tier = openTier(directory, { numShards: 1 });
await tier.open();
for (let block = 0; block < Number(blocks); block++) {
  for (let n = 0; n < 20; n++) {
    const value = `${block}.${n}`;
    if (!(await note(`blocked${n}`, value, () => tier.put(`blocked${n}`, entryOf(`blocked${n}`, value)))))
      throw new Error('a put failed');
    if (n === 10) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3500);
  }
}
await tier.close();
