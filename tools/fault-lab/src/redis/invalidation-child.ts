import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, InvalidationOrders, Read } from './invalidation-log.ts';
import { entryOf, openCache } from './memory-and-redis.ts';

// One of several processes on one server: changes its own keys and reads all keys, until its parent stops it.
const orders = JSON.parse(process.argv[2]!) as InvalidationOrders;
const cache = await openCache({ url: orders.url, namespace: orders.namespace, ...orders.timing });
const redis = cache.tiers.find(({ name }) => name === 'redis')!.tier!;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const changes: Change[] = [];
const reads: Read[] = [];
let isStopped = false;
process.on('message', (message) => {
  if (message === 'stop') isStopped = true;
  else void readAll().then((last) => process.send!({ last }));
});

/** The version of every key as this process reads it now. */
async function readAll(): Promise<Record<string, number | null>> {
  const last: Record<string, number | null> = {};
  for (const key of orders.keys) last[key] = versionOf((await cache.get(key))?.source);
  return last;
}

function versionOf(source: string | undefined): number | null {
  return source === undefined ? null : Number(source);
}

async function change(key: string, version: number): Promise<void> {
  const isRemoval = version % 5 === 0;
  const failures = redis.totalFailures;
  let stored: boolean | undefined;
  if (isRemoval) await cache.delete(key);
  else stored = (await cache.putDetailed(key, entryOf(key, String(version)))).tiers['redis'];
  // Other processes cannot see a change that the server did not accept.
  const isKnown = isRemoval ? redis.enabled && redis.totalFailures === failures : stored === true;
  changes.push({ key, version, isRemoval, acknowledged: isKnown ? now() : null });
}

process.send!('ready');
for (let round = 0; !isStopped; round++) {
  const own = orders.own[round % Math.max(1, orders.own.length)];
  if (own !== undefined) await change(own, Math.floor(round / orders.own.length) + 1);
  for (let i = 0; i < 10; i++) {
    const key = orders.keys[Math.floor(Math.random() * orders.keys.length)]!;
    const begun = now();
    reads.push({ key, begun, version: versionOf((await cache.get(key))?.source) });
  }
  await sleep(1);
}
process.send!({ changes, reads, hits: cache.getStatistics().tiers.map(({ stats }) => stats.hits) });
process.once('disconnect', () => void cache.close());
