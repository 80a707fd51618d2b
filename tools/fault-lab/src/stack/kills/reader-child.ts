import { writeSync } from 'node:fs';
import { openSeries, type Pass, type ReaderSpec } from './series-spec.ts';

// Reads everything twice, and prints what it found each time.
const spec = JSON.parse(process.argv[2]!) as ReaderSpec;
const cache = await openSeries(spec);

async function readEach() {
  const get: Record<string, string> = {};
  for (const key of spec.keys) {
    const entry = await cache.get(key);
    if (entry !== undefined) get[key] = entry.source;
  }
  return get;
}

async function list() {
  const entries: Record<string, string> = {};
  const keys = await cache.keys();
  for await (const entry of cache.entries()) entries[entry.key] = entry.source;
  const has: string[] = [];
  for (const key of spec.keys) if (await cache.has(key)) has.push(key);
  return { keys: keys.toSorted(), entries, has, size: await cache.size() };
}

async function pass(isKeysFirst: boolean): Promise<Pass> {
  if (!isKeysFirst) return { get: await readEach(), ...(await list()) };
  const listed = await list();
  return { get: await readEach(), ...listed };
}

for (const isKeysFirst of [spec.isKeysFirst, !spec.isKeysFirst])
  writeSync(1, `${JSON.stringify(await pass(isKeysFirst))}\n`);
if (spec.ending === 'close') await cache.close();
process.kill(process.pid, spec.ending === 'kill' ? 'SIGKILL' : 'SIGCONT');
process.exit(0);
