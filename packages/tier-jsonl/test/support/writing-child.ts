import { appendFileSync } from 'node:fs';
import { CacheEntry } from '@pw/cache-models';
import { TestCipher } from '@pw/tier-testkit';
import { JsonlCacheTier } from '../../src/index.ts';

// Puts, replaces and deletes until it is killed, or `count` times; logs acknowledged writes to a separate file.
const [directory, acknowledged, name, count = 'Infinity', numShards = '4'] = process.argv.slice(2) as [
  string,
  string,
  string,
];
const tier = new JsonlCacheTier({
  directory,
  numShards: Number(numShards),
  cipher: new TestCipher('k1'),
  lock: { staleMs: 2000, updateMs: 1000 },
});
await tier.open();
process.stdout.write('ready\n');
for (let n = 0; n < Number(count); n++) {
  const key = `${name}-${n % 50}`;
  const entry = CacheEntry.create({ key, proxyUrl: 'http://h:1', source: String(n), password: `p${n}` });
  const isDelete = n % 7 === 6;
  appendFileSync(acknowledged, `start ${key} ${isDelete ? 'gone' : n}\n`);
  const done = isDelete ? (await tier.delete(key)) || !(await tier.has(key)) : await tier.put(key, entry);
  if (done) appendFileSync(acknowledged, `done ${key} ${isDelete ? 'gone' : n}\n`);
}
// The tier is not closed: a program that forgets to close it still exits, and leaves no lock.
