import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { type CacheManager, openCache, type ReencryptProgress } from '@pw/cache-manager';
import { type CacheConfigInput, CacheEntry } from '@pw/cache-models';
import { bundleProgram, fixtureKeys, fixturePath, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { describe, expect, it, onTestFinished } from 'vitest';

const CHILD = await bundleProgram(join(import.meta.dirname, 'support', 'reencrypting-child.ts'));
/** Full count: PW_REENCRYPT_ENTRIES=20000 PW_REENCRYPT_KILLS=30 vitest run tools/interop/test/reencrypt.test.ts */
const ENTRIES = Number(process.env['PW_REENCRYPT_ENTRIES'] ?? 200);
const KILLS = Number(process.env['PW_REENCRYPT_KILLS'] ?? 1);

const temp = () => makeTempDir(onTestFinished);
const entryOf = (n: number, password = `secret-${n}`) =>
  CacheEntry.create({ proxyUrl: `http://h${n}.example:8080`, username: `user-${n}`, password });
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

function configOf(directory: string, l2Backend: 'jsonl' | 'sqlite', keys: readonly string[]): CacheConfigInput {
  return {
    l2Backend,
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: keys[0],
    previousEncryptionKeys: keys.slice(1),
  };
}

async function open(config: CacheConfigInput): Promise<CacheManager> {
  const cache = await openCache(config, { env: {} });
  onTestFinished(() => cache.close());
  return cache;
}

/** Each tier on disk alone: neither may depend on the other. */
async function passwordsByTier(
  config: CacheConfigInput,
  count: number,
): Promise<Record<string, (string | undefined)[]>> {
  const found: Record<string, (string | undefined)[]> = {};
  for (const [name, off] of [
    ['l2', 'l3Config'],
    ['l3', 'l2Config'],
  ] as const) {
    const cache = await openCache({ ...config, l1Config: { enabled: false }, [off]: { enabled: false } }, { env: {} });
    const entries = await cache.getMany(range(count).map((n) => entryOf(n).key));
    found[name] = range(count).map((n) => entries.get(entryOf(n).key)?.password?.reveal());
    await cache.close();
  }
  return found;
}

describe.each(['jsonl', 'sqlite'] as const)('reencrypt with %s behind memory', (backend) => {
  it('loses nothing in three consecutive rotations, each with only the previous key available', async () => {
    const directory = temp();
    const keys = [generateKey()];
    const first = await open(configOf(directory, backend, keys));
    await first.putMany(range(ENTRIES).map((n) => entryOf(n)));
    await first.close();
    for (let round = 0; round < 3; round++) {
      keys.unshift(generateKey());
      const cache = await open(configOf(directory, backend, keys.slice(0, 2)));
      const progress: ReencryptProgress[] = [];
      const result = await cache.reencrypt({ onProgress: (step) => progress.push(step), batchSize: 50 });
      const counts = { reencrypted: ENTRIES, alreadyCurrent: 0, unreadable: 0, misplaced: 0, inQuarantine: 0 };
      expect(result).toEqual({
        reencrypted: 2 * ENTRIES,
        alreadyCurrent: 0,
        unreadable: 0,
        misplaced: 0,
        inQuarantine: 0,
        tiers: { l2: counts, l3: counts },
        complete: true,
      });
      expect(new Set(progress.map(({ tier }) => tier))).toEqual(new Set(['l2', 'l3']));
      expect(progress.length).toBeGreaterThanOrEqual(2 * (ENTRIES / 50));
      expect(await cache.reencrypt()).toMatchObject({ reencrypted: 0, alreadyCurrent: 2 * ENTRIES, complete: true });
      await cache.close();
    }
    const expected = range(ENTRIES).map((n) => `secret-${n}`);
    expect(await passwordsByTier(configOf(directory, backend, [keys[0]!]), ENTRIES)).toEqual({
      l2: expected,
      l3: expected,
    });
  });

  it('keeps every other field, the counts and the expired records', async () => {
    const directory = temp();
    const old = generateKey();
    const first = await open(configOf(directory, backend, [old]));
    await first.put(entryOf(0).key, entryOf(0));
    for (let hit = 0; hit < 5; hit++) await first.get(entryOf(0).key);
    await first.invalidateByHealth(entryOf(0).key);
    await first.close();
    const noMemory = { l1Config: { enabled: false } };
    const before = await open({ ...configOf(directory, backend, [old]), ...noMemory });
    const all = async (cache: CacheManager) => {
      const entries = [];
      for await (const entry of cache.entries())
        entries.push({ ...entry.toJSON(), password: entry.password?.reveal() });
      return entries;
    };
    const expected = await all(before);
    await before.close();
    const next = generateKey();
    const rotated = await open({ ...configOf(directory, backend, [next, old]), ...noMemory });
    await rotated.reencrypt();
    await rotated.close();
    const after = await open({ ...configOf(directory, backend, [next]), ...noMemory });
    expect(await all(after)).toEqual(expected);
    expect(expected).toHaveLength(1);
    expect(expected[0]).toMatchObject({ accessCount: 5, failureCount: 1 });
  });

  it('counts tokens that no key opens, leaves them in place, and continues', async () => {
    const directory = temp();
    const [lost, old, next] = [generateKey(), generateKey(), generateKey()];
    for (const [key, n] of [
      [lost, 0],
      [old, 1],
      [next, 2],
    ] as const) {
      const cache = await open(configOf(directory, backend, [key]));
      await cache.put(entryOf(n).key, entryOf(n));
      await cache.close();
    }
    const cache = await open(configOf(directory, backend, [next, old]));
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 2, alreadyCurrent: 2, unreadable: 2, complete: true });
    await cache.close();
    const found = await passwordsByTier(configOf(directory, backend, [next, lost]), 3);
    expect(found).toEqual({ l2: ['secret-0', 'secret-1', 'secret-2'], l3: ['secret-0', 'secret-1', 'secret-2'] });
  });

  it('never overwrites a newer value with an older one, and does not block reads', async () => {
    const directory = temp();
    const [old, next] = [generateKey(), generateKey()];
    const first = await open(configOf(directory, backend, [old]));
    await first.putMany(range(ENTRIES).map((n) => entryOf(n)));
    await first.close();
    const cache = await open(configOf(directory, backend, [next, old]));
    const work = { done: false };
    const running = cache.reencrypt({ batchSize: 7 }).finally(() => {
      work.done = true;
    });
    const expected = new Map<number, string | undefined>(range(ENTRIES).map((n) => [n, `secret-${n}`]));
    let writes = 0;
    for (let n = 0; !work.done; n = (n + 7919) % ENTRIES) {
      const key = entryOf(n).key;
      if (writes++ % 5 === 4) {
        await cache.delete(key);
        expected.set(n, undefined);
      } else {
        const password = `new-${writes}`;
        expect(await cache.put(key, entryOf(n, password))).toBe(true);
        expected.set(n, password);
      }
      // All calls here may return synchronously, so yield to the other tasks.
      await setImmediate();
      const other = (n + 1) % ENTRIES;
      expect((await cache.get(entryOf(other).key))?.password?.reveal()).toBe(expected.get(other));
    }
    expect(await running).toMatchObject({ unreadable: 0, complete: true });
    expect(writes).toBeGreaterThan(0);
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 0 });
    await cache.close();
    const wanted = [...expected.values()];
    expect(await passwordsByTier(configOf(directory, backend, [next]), ENTRIES)).toEqual({ l2: wanted, l3: wanted });
  });

  it('stops at the signal and resumes from there', async () => {
    const directory = temp();
    const [old, next] = [generateKey(), generateKey()];
    const first = await open(configOf(directory, backend, [old]));
    await first.putMany(range(100).map((n) => entryOf(n)));
    await first.close();
    const cache = await open(configOf(directory, backend, [next, old]));
    const stop = new AbortController();
    const onProgress = ({ reencrypted }: ReencryptProgress) => reencrypted >= 30 && stop.abort(new Error('enough'));
    await expect(cache.reencrypt({ onProgress, signal: stop.signal, batchSize: 10 })).rejects.toThrow('enough');
    expect(await cache.reencrypt()).toMatchObject({ reencrypted: 170, alreadyCurrent: 30, complete: true });
  });

  it('resumes after kill -9, any number of times, and loses nothing', async () => {
    const directory = temp();
    const [old, next] = [generateKey(), generateKey()];
    const first = await open(configOf(directory, backend, [old]));
    await first.putMany(range(ENTRIES).map((n) => entryOf(n)));
    await first.close();
    const args = ['--conditions=@pw/source', CHILD, JSON.stringify(configOf(directory, backend, [next, old])), '5'];
    for (let kill = 1; kill <= KILLS; kill++) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let steps = 0;
      for await (const _ of createInterface({ input: child.stdout })) if (++steps === 4 * kill) child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
    }
    const cache = await open(configOf(directory, backend, [next, old]));
    const result = await cache.reencrypt();
    expect(result).toMatchObject({ unreadable: 0, complete: true });
    expect(result.alreadyCurrent).toBeGreaterThan(0);
    expect(result.reencrypted + result.alreadyCurrent).toBe(2 * ENTRIES);
    await cache.close();
    const expected = range(ENTRIES).map((n) => `secret-${n}`);
    expect(await passwordsByTier(configOf(directory, backend, [next]), ENTRIES)).toEqual({
      l2: expected,
      l3: expected,
    });
  });
});

it('leaves no token of the old key in a JSONL file', async () => {
  const directory = temp();
  const [old, next] = [generateKey(), generateKey()];
  const first = await open(configOf(directory, 'jsonl', [old]));
  await first.putMany(range(50).map((n) => entryOf(n)));
  await first.close();
  const cache = await open(configOf(directory, 'jsonl', [next, old]));
  await cache.reencrypt();
  await cache.close();
  const oldKey = new CredentialEncryptor({ key: old, env: {} });
  const files = readdirSync(join(directory, 'l2')).filter((name) => name.endsWith('.jsonl'));
  const tokens = files.flatMap((name) => {
    const text = readFileSync(join(directory, 'l2', name), 'latin1');
    return Array.from(text.matchAll(/"\w+_encrypted":"([0-9a-f]+)"/g), ([, hex]) => Buffer.from(hex!, 'hex'));
  });
  expect(tokens).toHaveLength(100);
  expect(tokens.filter((token) => oldKey.keyOf(token) !== undefined)).toEqual([]);
});

it('brings ProxyWhirl’s rotated shards to one key, credentials in clear too, and keeps unknown members', async () => {
  const directory = fixturePath('l2_jsonl_rotated', temp());
  const { current, previous } = fixtureKeys();
  const clock = { now: () => Date.parse('1902-01-01T00:00:00Z') };
  const open = (key: string, previousKeys: string[] = []) => {
    const tier = new JsonlCacheTier({
      directory,
      clock,
      cipher: new CredentialEncryptor({ key, previousKeys, env: {} }),
    });
    onTestFinished(() => tier.close());
    return tier;
  };
  const reveal = async (tier: JsonlCacheTier) => {
    const all = new Map<string, unknown>();
    for await (const entry of tier.entries())
      all.set(entry.key, { ...entry.toJSON(), username: entry.username?.reveal(), password: entry.password?.reveal() });
    return all;
  };
  const both = open(current, [previous]);
  const before = await reveal(both);
  expect(before.size).toBe(60);
  const reseal = async () => {
    const totals = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
    for await (const counts of both.reseal(7)) {
      totals.reencrypted += counts.reencrypted;
      totals.alreadyCurrent += counts.alreadyCurrent;
      totals.unreadable += counts.unreadable;
    }
    return totals;
  };
  // This includes tokens of the current key, because ProxyWhirl binds none to a proxy.
  const first = await reseal();
  expect(first).toMatchObject({ alreadyCurrent: 0, unreadable: 0 });
  expect(first.reencrypted).toBeGreaterThan(20);
  expect(await reseal()).toEqual({ reencrypted: 0, alreadyCurrent: first.reencrypted, unreadable: 0 });
  await both.close();
  expect(await reveal(open(current))).toEqual(before);
});

it('reseals the value that another writer stored in the meantime, not the one it had read before', async () => {
  const [old, next] = [generateKey(), generateKey()];
  for (let round = 0; round < 5; round++) {
    const directory = temp();
    const open = (key: string, previousKeys: string[] = []) => {
      const tier = new JsonlCacheTier({ directory, cipher: new CredentialEncryptor({ key, previousKeys, env: {} }) });
      onTestFinished(() => tier.close());
      return tier;
    };
    const writer = open(old);
    await writer.putMany(range(200).map((n) => entryOf(n)));
    const resealing = open(next, [old]);
    await resealing.open();
    // The writer still seals with the old key and gets the locks first; the re-encryption has read the old values and
    // waits for the locks.
    const newer = writer.putMany(range(200).map((n) => entryOf(n, `newer-${n}`)));
    for await (const _ of resealing.reseal(200));
    await newer;
    const found = await resealing.getMany(range(200).map((n) => entryOf(n).key));
    expect(range(200).map((n) => found.get(entryOf(n).key)?.password?.reveal())).toEqual(
      range(200).map((n) => `newer-${n}`),
    );
  }
});
