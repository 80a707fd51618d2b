import { CacheEntry } from '@pw/cache-models';
import { createCluster } from 'redis';
import { RedisCacheTier } from '../../src/index.ts';

/** How a tier fared with a hostile server; printed by this process as JSON. */
export interface Report {
  /** How long each call took, in milliseconds. */
  readonly took: Readonly<Record<string, number>>;
  /** Entries that were returned under the wrong key or never put, and errors that should not be thrown. */
  readonly wrong: readonly string[];
  readonly unhandled: readonly string[];
  /** How much the peak memory of the process grew because of the server, in bytes. */
  readonly grown: number;
}

// Arguments: url, timeoutMs, passTimeoutMs, and 'cluster' to use a cluster client.
const [url, timeoutMs, passTimeoutMs] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const took: Record<string, number> = {};
const wrong: string[] = [];
const unhandled: string[] = [];
for (const event of ['unhandledRejection', 'uncaughtException'])
  process.on(event, (error) => unhandled.push(`${event}: ${error}`));

const entryOf = (key: string) => CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source: `of ${key}` });

function check(key: string, entry: CacheEntry | undefined): void {
  if (entry !== undefined && (entry.key !== key || entry.source !== `of ${key}`)) wrong.push(`${key}: ${entry.key}`);
}

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work().catch((error: unknown) => {
    if (name !== 'open') wrong.push(`${name} threw ${error}`);
  });
  took[name] = performance.now() - began;
}

const before = process.resourceUsage().maxRSS;
// Never disabled, so that each call reaches the server.
const address = process.argv[5] === 'cluster' ? { client: createCluster({ rootNodes: [{ url }] }) } : { url };
const options = { ...address, timeoutMs, passTimeoutMs, heartbeatMs: timeoutMs, failureThreshold: 1_000_000 };
const tier = new RedisCacheTier(options);
await timed('open', () => tier.open());
await timed('put', () => tier.put('k', entryOf('k')));
await timed('putMany', () => tier.putMany(['a', 'b', 'c'].map(entryOf)));
await timed('get', async () => check('k', await tier.get('k')));
await timed('concurrent gets', async () => {
  const keys = ['a', 'b', 'c', 'k'];
  for (const [at, entry] of (await Promise.all(keys.map((key) => tier.get(key)))).entries()) check(keys[at]!, entry);
});
await timed('getMany', async () => {
  for (const [key, entry] of await tier.getMany(['a', 'b', 'k'])) check(key, entry);
});
await timed('has', () => tier.has('k'));
await timed('delete', () => tier.delete('c'));
await timed('recordAccess', () => tier.recordAccess([{ key: 'k', hits: 1, lastAccessed: Date.now() }]));
await timed('leases.acquire', () => tier.leases.acquire('k', 1000));
await timed('keys', () => tier.keys());
await timed('size', () => tier.size());
await timed('entries', async () => {
  for await (const entry of tier.entries()) check(entry.key, entry);
});
await timed('cleanupExpired', () => tier.cleanupExpired());
await timed('clear', () => tier.clear());
const closedInPass = timed('keys while it closes', () => tier.keys());
await timed('close', () => tier.close());
await closedInPass;

const report: Report = { took, wrong, unhandled, grown: (process.resourceUsage().maxRSS - before) * 1024 };
// The last statement: anything left open would now keep the process alive.
process.stdout.write(JSON.stringify(report));
