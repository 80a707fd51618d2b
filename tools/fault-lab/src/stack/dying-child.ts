import { writeSync } from 'node:fs';
import { CacheEntry } from '@pw/cache-models';
import { openStack } from './open-stack.ts';

// Uses a cache of three tiers until it is killed (`busy`), or changes three keys, prints the results, and kills itself.
const [directory, work] = process.argv.slice(2) as [string, 'busy' | 'change'];
const cache = await openStack(directory);
const entryOf = (key: string, value: string) =>
  CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source: value });
const say = (text: string) => writeSync(process.stdout.fd, `${text}\n`);

if (work === 'busy') {
  say('busy');
  for (let n = 0; ; n++)
    await Promise.all([`x${n % 40}`, `y${n % 300}`, `z${n % 7}`].map((key) => cache.put(key, entryOf(key, `${n}`))));
}
const began = performance.now();
const answers = await Promise.all([
  cache.put('a', entryOf('a', 'new')),
  cache.delete('b'),
  cache.put('c', entryOf('c', 'new')),
]);
say(JSON.stringify({ answers, took: performance.now() - began }));
process.kill(process.pid, 'SIGKILL');
