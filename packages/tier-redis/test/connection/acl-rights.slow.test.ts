import { readFileSync } from 'node:fs';
import { CacheEntry } from '@pw/cache-models';
import { isServerMissing, RedisCluster, RedisServer, until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../../src/index.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The words of the `ACL SETUSER` command in the README, for the namespace `proxies`. */
function setUser(...without: readonly string[]): readonly string[] {
  const line = /^ACL SETUSER cache .*$/m.exec(README)![0];
  return line
    .replace('{namespace}', '{proxies}')
    .split(' ')
    .filter((word) => !without.includes(word));
}

const entryOf = (key: string, expiresAt?: number) =>
  CacheEntry.create({
    key,
    proxyUrl: 'http://192.0.2.1:8080',
    password: 'secret',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });

/** Uses every operation of a tier; another tier observes the changes. */
async function useEverything(tier: RedisCacheTier, other: RedisCacheTier): Promise<void> {
  await tier.open();
  await other.open();
  const changes: (string | null)[] = [];
  other.changes.subscribe((key) => void changes.push(key));
  expect(await tier.put('k', entryOf('k'))).toBe(true);
  expect(await tier.putMany(['a', 'b'].map((key) => entryOf(key)))).toEqual([true, true]);
  await until('the change is reported', () => changes.includes('k'));
  expect((await tier.get('k'))?.key).toBe('k');
  expect((await tier.getMany(['a', 'b', 'c'])).size).toBe(2);
  expect(await tier.has('a')).toBe(true);
  expect(await tier.recordAccess([{ key: 'a', hits: 3, lastAccessed: Date.now() }])).toBe(1);
  expect((await tier.keys()).sort()).toEqual(['a', 'b', 'k']);
  expect(await tier.size()).toBe(3);
  let entries = 0;
  for await (const _ of tier.entries()) entries++;
  expect(entries).toBe(3);
  for await (const counts of tier.reseal(2)) expect(counts.unreadable).toBe(0);
  const token = await tier.leases.acquire('k', 10_000);
  expect(await tier.leases.acquire('k', 10_000, token!)).toBe(token);
  expect(await other.leases.acquire('k', 10_000)).toBeNull();
  expect(await tier.leases.release('k', token!)).toBe(true);
  expect(await tier.delete('k')).toBe(true);
  expect(await tier.deleteMany(['b', 'c'])).toEqual([true, false]);
  await tier.put('short', entryOf('short', Date.now() + 1));
  await until('the entry has expired', async () => (await tier.get('short')) === undefined);
  await tier.cleanupExpired();
  expect(await tier.clear()).toBe(1);
}

describe.skipIf(isServerMissing())('the ACL rights listed in the README', () => {
  let server: RedisServer;
  let tiers: RedisCacheTier[] = [];
  beforeAll(async () => {
    server = await RedisServer.start('--enable-debug-command', 'local');
  });
  afterAll(() => server.end());
  afterEach(async () => {
    for (const tier of tiers) await tier.close();
    tiers = [];
    await server.ask('FLUSHALL');
    await server.ask('ACL', 'LOG', 'RESET');
    await server.ask('ACL', 'DELUSER', 'cache');
  });

  function tierOf(config = {}, options: RedisTierOptions = { url: server.url.replace('://', '://cache:password@') }) {
    const tier = new RedisCacheTier({ ...config, cipher: new TestCipher(), ...options });
    tiers.push(tier);
    return tier;
  }
  /** The reply that the README's user gets to a command. */
  const asCache = (...words: readonly string[]): Promise<string> =>
    server
      .ask('--user', 'cache', '--pass', 'password', '--no-auth-warning', ...words)
      .catch((error: Error & { stdout?: string }) => `${error.message} ${error.stdout ?? ''}`);
  const refusedCommands = async () =>
    [...(await server.ask('ACL', 'LOG')).matchAll(/^object\n(.*)$/gm)].map(([, command]) => command);

  for (const withKill of [true, false]) {
    it(`suffice for every operation of a tier, ${withKill ? 'with' : 'without'} client|kill`, async () => {
      await server.ask(...(withKill ? setUser() : setUser('+client|kill')));
      for (const evictionPolicy of ['lru', 'lfu', 'fifo', undefined]) {
        const config = evictionPolicy === undefined ? {} : { maxEntries: 3, evictionPolicy };
        const [tier, other] = [tierOf(config), tierOf(config)];
        await useEverything(tier, other);
        await server.ask('SCRIPT', 'FLUSH');
        await tier.putMany(['a', 'b', 'c', 'd'].map((key) => entryOf(key)));
        await server.ask('SETRANGE', 'pw:{proxies}:e:d', '100', 'X');
        expect(await tier.get('d')).toBeUndefined();
        await until('the record is quarantined', async () => (await server.ask('EXISTS', 'pw:{proxies}:q:d')) === '1');
        for await (const counts of tier.reseal(2)) expect(counts.unreadable).toBe(0);
        // When the tier reconnects, it ends its previous connection, which needs client|kill.
        await server.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await until('the tier has reconnected', () => tier.put('k', entryOf('k')));
        await server.ask('FLUSHALL');
        for (const one of [tier, other]) await one.close();
      }
      const refused = (await refusedCommands()).filter((command) => command !== 'client|setinfo');
      expect(refused).toEqual(withKill ? [] : expect.arrayContaining(['client|kill']));
      expect(refused.every((command) => command === 'client|kill')).toBe(true);
    });
  }

  it('do not allow commands outside the namespace', async () => {
    await server.ask(...setUser());
    await server.ask('SET', 'pw:{others}:e:k', 'theirs');
    const forbidden = [
      ...['FLUSHDB', 'FLUSHALL', 'SWAPDB 0 1', 'KEYS *', 'RANDOMKEY', 'DBSIZE', 'SHUTDOWN NOSAVE', 'SAVE', 'BGSAVE'],
      ...['BGREWRITEAOF', 'CONFIG GET *', 'CONFIG SET maxmemory 1', 'DEBUG SLEEP 0', 'ACL LIST', 'ACL SETUSER x'],
      ...['ACL WHOAMI', 'SCRIPT FLUSH', 'SCRIPT KILL', 'SCRIPT EXISTS x', 'FUNCTION FLUSH', 'FUNCTION LIST', 'MONITOR'],
      ...['REPLICAOF 127.0.0.1 1', 'FAILOVER', 'CLUSTER INFO', 'MODULE LIST', 'INFO', 'CLIENT LIST', 'CLIENT PAUSE 1'],
      ...['CLIENT UNPAUSE', 'CLIENT NO-EVICT ON', 'SLOWLOG GET', 'LATENCY DOCTOR', 'MEMORY STATS', 'PUBLISH x y'],
      ...['SUBSCRIBE x', 'PSUBSCRIBE *', 'WAIT 0 0', 'FCALL x 0', 'EVAL_RO 1 0', 'COMMAND COUNT', 'LASTSAVE', 'ROLE'],
      ...['MULTI', 'DEL pw:{proxies}:e:k', 'DUMP pw:{proxies}:e:k', 'MOVE pw:{proxies}:e:k 1', 'SORT pw:{proxies}:x'],
      ...['MIGRATE 127.0.0.1 1 pw:{proxies}:e:k 0 1', 'OBJECT FREQ pw:{proxies}:e:k', 'COPY pw:{proxies}:e:k x'],
    ];
    for (const command of forbidden) expect(await asCache(...command.split(' ')), command).toMatch(/NOPERM/);
    expect(await server.ask('PING')).toBe('PONG');
    expect(await server.ask('GET', 'pw:{others}:e:k')).toBe('theirs');
  });

  it('do not allow access to entries of other namespaces, not even from a script', async () => {
    await server.ask(...setUser());
    const [own, theirs] = ['pw:{proxies}:e:k', 'pw:{others}:e:k'];
    await server.ask('MSET', own, 'own', theirs, 'theirs', 'pw:{proxies2}:e:k', 'theirs too');
    const forbidden = [
      ...[`GET ${theirs}`, `MGET ${own} ${theirs}`, `GETRANGE ${theirs} 0 9`, `STRLEN ${theirs}`, `SET ${theirs} x`],
      ...[`UNLINK ${theirs}`, `UNLINK ${own} ${theirs}`, `RENAME ${theirs} ${own}`, `RENAME ${own} ${theirs}`],
      ...[`PEXPIRE ${theirs} 1`, `INCR ${theirs}`, `TYPE ${theirs}`, `EXISTS ${theirs}`, `PEXPIRETIME ${theirs}`],
      ...[`ZADD ${theirs} 1 x`, `ZRANGE ${theirs} 0 9`, 'GET pw:{proxies2}:e:k', 'SET somewhere x'],
    ].map((command) => command.split(' '));
    for (const words of forbidden) expect(await asCache(...words), words.join(' ')).toMatch(/NOPERM/);
    const scripts = ["redis.call('FLUSHALL')", "redis.call('FLUSHDB')", "redis.call('KEYS', '*')"];
    const inside = (script: string) => asCache('EVAL', `return ${script}`, '0');
    for (const script of [...scripts, `redis.call('GET', '${theirs}')`, `redis.call('SET', '${theirs}', 'x')`])
      expect(await inside(script), script).toMatch(/can't run this command|can't access|NOPERM|No permissions/i);
    expect(await asCache('EVAL', 'return 1', '1', theirs)).toMatch(/NOPERM/);
    expect(await server.ask('MGET', own, theirs, 'pw:{proxies2}:e:k')).toBe('own\ntheirs\ntheirs too');
  });

  it('expose only the names of other namespaces, as the README says', async () => {
    await server.ask(...setUser());
    await server.ask('SET', 'pw:{others}:e:k', 'theirs');
    expect(await asCache('SCAN', '0')).toContain('pw:{others}:e:k');
  });

  it('suffice on a cluster together with the additional rights in the README', async () => {
    const cluster = await RedisCluster.start();
    try {
      const added = /`(\+cluster[^`]*)`/.exec(README)![1]!.split(' ');
      const words = setUser().map((word) => (word.startsWith('~') ? word.replace(/\{(.*)\}/, '<$1>') : word));
      for (const node of cluster.nodes) await node.ask(...words, ...added);
      const of = () => {
        const defaults = { username: 'cache', password: 'password' };
        return tierOf(
          {},
          { client: createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })), defaults }) },
        );
      };
      await useEverything(of(), of());
    } finally {
      for (const tier of tiers) await tier.close();
      await cluster.end();
    }
  });
});
