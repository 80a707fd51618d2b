import { writeSync } from 'node:fs';
import { openCache } from '@pw/cache-manager';
import type { CacheConfigInput } from '@pw/cache-models';
import { CacheEntry } from '@pw/cache-models';

// Writes until a signal arrives, then closes its cache, or leaves it to the system to end the process. Each line on
// stdout is an event.
const [config, signal, handler] = process.argv.slice(2) as [string, NodeJS.Signals, 'on' | 'once' | 'none'];
const say = (line: string) => writeSync(1, `${line}\n`);
// A lock that is held is released at exit, which changes nothing for the host.
const names = () => process.eventNames().filter((name) => name !== 'exit');
const hooks = () => JSON.stringify(names().map((name) => [String(name), process.listenerCount(name)]));
const { emit } = process;
const before = hooks();

let stopped = false;
const alive = setInterval(() => {}, 1000);
const cache = await openCache(JSON.parse(config) as CacheConfigInput);
if (hooks() !== before || process.emit !== emit) say(`hooked ${hooks()}`);
async function close(): Promise<void> {
  stopped = true;
  await cache.close();
  // Yields, so that a library could end the process before its host is done.
  await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(alive);
  process.off(signal, onSignal);
  if (hooks() !== before) say(`left ${hooks()}`);
  say('closed');
}
const onSignal = () => void close();
if (handler !== 'none') process[handler](signal, onSignal);

for (let n = 0; !stopped; n++) {
  const entry = CacheEntry.create({
    key: `k${n}`,
    proxyUrl: 'http://198.18.0.1:80',
    username: 'ann',
    password: `pw-${n}`,
  });
  // Pending writes may be refused when the cache is closed; they are not acknowledged then.
  if (await cache.put(entry.key, entry).catch(() => false)) say(`stored ${entry.key}`);
  if (n === 20) say('ready');
  await new Promise((resolve) => setImmediate(resolve));
}
