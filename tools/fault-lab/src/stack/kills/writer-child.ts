import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import { GONE } from '../../ledger/ledger.ts';
import { Random } from '../../random.ts';
import { keysOf, openSeries, type WriterSpec } from './series-spec.ts';

// Writes a few keys in bursts until it ends, with a ledger on standard output (`SeriesLedger`).
const spec = JSON.parse(process.argv[2]!) as WriterSpec;
const random = new Random(spec.seed);
const say = (what: string, key: string, value: string) => writeSync(1, `${what} ${key} ${value}\n`);
const cache = await openSeries(spec);
const ends = performance.now() + spec.lifeMs;
/** Keys whose latest write no persistent tier has taken: it is lost with the process. */
const unstored = new Set<string>();
let next = spec.first;

async function look(key: string): Promise<void> {
  const value = (await cache.get(key))?.source ?? GONE;
  if (spec.isWatching && !unstored.has(key)) say('saw', key, value);
}

async function put(key: string): Promise<void> {
  const value = String(next++);
  say('begin', key, value);
  const entry = CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source: value, ttlSeconds: 86_400 });
  const { tiers } = await cache.putDetailed(entry);
  const isStored = tiers['l2'] === true || tiers['l3'] === true;
  if (isStored) unstored.delete(key);
  else unstored.add(key);
  if (isStored) say('done', key, value);
}

async function remove(key: string): Promise<void> {
  say('begin', key, GONE);
  if (await cache.delete(key)) say('done', key, GONE);
}

/** The changes of one key follow each other; those of several keys overlap. */
async function work(key: string): Promise<void> {
  await look(key);
  while (spec.ending === 'kill' || spec.ending === 'term' || performance.now() < ends) {
    const dice = random.below(100);
    if (dice < 70) await put(key);
    else if (dice < 82) await remove(key);
    else if (dice < 92) await look(key);
    // Copies what others write into the tiers above.
    else await cache.get(random.pick(spec.others.length > 0 ? spec.others : keysOf(spec.name)));
    if (random.percent(30)) await sleep(random.below(8));
  }
}

if (spec.ending === 'exit') setTimeout(() => process.exit(0), spec.lifeMs);
await Promise.all(keysOf(spec.name).map(work));
if (spec.ending === 'close') await cache.close();
