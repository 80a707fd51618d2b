import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor } from '@pw/cache-crypto';
import type { CacheTier } from '@pw/cache-models';
import { type ExpectedEntry, fixtureKeys, fixturePath, makeTempDir, readFixtureJson } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectEntry } from './expected.ts';

type Entries = Record<string, ExpectedEntry>;

const { current, previous } = fixtureKeys();
const cipher = new CredentialEncryptor({ key: current, env: {} });
const bothKeys = new CredentialEncryptor({ key: current, previousKeys: [previous], env: {} });
// The expected `is_expired` holds for any clock from 2026 to 2036. Before 1970 no entry of the set is expired.
const inItsTime = { now: () => Date.parse('2026-06-01T00:00:00Z') };
const longAgo = { now: () => Date.parse('1902-01-01T00:00:00Z') };

const temp = () => makeTempDir(onTestFinished);

/** Opens a copy of a file set of ProxyWhirl. */
const SETS = {
  l2_jsonl: (clock = longAgo) => jsonl('l2_jsonl', cipher, clock),
  l2_jsonl_rotated: (clock = longAgo) => jsonl('l2_jsonl_rotated', bothKeys, clock),
  l2_sqlite: (clock = longAgo) => new DiskCacheTier({ directory: fixturePath('l2_sqlite', temp()), cipher, clock }),
  l3: (clock = longAgo) => l3('l3', clock),
  l3_old: (clock = longAgo) => l3('l3_old', clock),
  l3_reordered: (clock = longAgo) => l3('l3_reordered', clock),
};

function jsonl(name: string, withCipher: CredentialEncryptor, clock: typeof longAgo) {
  return new JsonlCacheTier({ directory: fixturePath(name, temp()), cipher: withCipher, clock });
}

function l3(name: string, clock: typeof longAgo) {
  return new SqliteCacheTier({ path: fixturePath(`${name}/proxywhirl.db`, temp()), cipher, clock });
}

const closing = <T extends CacheTier>(tier: T): T => {
  onTestFinished(async () => tier.close());
  return tier;
};

const expectedOf = (name: string) => readFixtureJson<{ entries: Entries; count: number }>(`${name}.expected.json`);

describe.each(Object.keys(SETS) as (keyof typeof SETS)[])('ProxyWhirl’s %s', (name) => {
  it('is read entry by entry, every field to the microsecond', async () => {
    const { entries, count } = expectedOf(name);
    const tier = closing(SETS[name]());
    expect(await tier.size()).toBe(count);
    expect((await tier.keys()).sort()).toEqual(Object.keys(entries).sort());
    for (const [key, expected] of Object.entries(entries)) expectEntry(await tier.get(key), expected);
    expect(tier).toMatchObject({ enabled: true, failureCount: 0 });
    expect(tier.statistics).toMatchObject({ hits: count, misses: 0, evictionsCorruption: 0, undecryptable: 0 });
  });

  it('hides expired entries', async () => {
    const { entries } = expectedOf(name);
    const tier = closing(SETS[name](inItsTime));
    const live = Object.values(entries).filter((entry) => !entry.is_expired);
    expect((await tier.keys()).sort()).toEqual(live.map(({ key }) => key).sort());
    expect(await tier.cleanupExpired()).toBe(Object.keys(entries).length - live.length);
    expect(await tier.size()).toBe(live.length);
  });

  it('has the same contents after we rewrote every entry', async () => {
    const { entries } = expectedOf(name);
    const tier = closing(SETS[name]());
    const all = await tier.getMany(Object.keys(entries));
    expect(await tier.putMany([...all.values()])).toEqual(Array.from(all, () => true));
    await tier.close();
    for (const [key, expected] of Object.entries(entries)) expectEntry(await tier.get(key), expected);
  });

  it('opens without credentials under another key, and loses none of them', async () => {
    const { entries } = expectedOf(name);
    const directory = temp();
    const wrong = new CredentialEncryptor({ env: {}, key: new CredentialEncryptor({ env: {} }).key });
    const open = (withCipher: CredentialEncryptor) => {
      const options = { cipher: withCipher, clock: longAgo };
      if (name.startsWith('l2_jsonl')) return new JsonlCacheTier({ ...options, directory });
      if (name === 'l2_sqlite') return new DiskCacheTier({ ...options, directory });
      return new SqliteCacheTier({ ...options, path: `${directory}/proxywhirl.db` });
    };
    fixturePath(name, directory);
    const { renameSync, readdirSync } = await import('node:fs');
    for (const file of readdirSync(`${directory}/${name}`))
      renameSync(`${directory}/${name}/${file}`, `${directory}/${file}`);
    const blind = open(wrong);
    for (const [key, expected] of Object.entries(entries)) {
      const sealed = expected.username !== null || expected.password !== null;
      if (sealed) expect(await blind.get(key)).toBeUndefined();
      else expectEntry(await blind.get(key), expected);
    }
    expect(blind).toMatchObject({ enabled: true, failureCount: 0 });
    expect(blind.statistics.undecryptable).toBeGreaterThan(0);
    await blind.close();
    const sighted = closing(open(bothKeys));
    for (const [key, expected] of Object.entries(entries)) expectEntry(await sighted.get(key), expected);
  });
});

describe('ProxyWhirl’s unusual lines', () => {
  interface Quirks {
    readonly keys_listed_by_real: string[];
    readonly real_behaviour: Record<string, { readonly get: Record<string, unknown> | null }>;
  }

  it('are read as ProxyWhirl reads them, and never switch the tier off', async () => {
    const { real_behaviour } = readFixtureJson<Quirks>('l2_jsonl_quirks.expected.json');
    const tier = closing(jsonl('l2_jsonl_quirks', cipher, longAgo));
    await tier.open();
    for (const [key, { get }] of Object.entries(real_behaviour)) {
      const entry = await tier.get(key);
      if (get === null) expect(entry, key).toBeUndefined();
      else expectQuirk(key, entry, get);
    }
    expect(tier).toMatchObject({ enabled: true, failureCount: 0 });
  });

  function expectQuirk(key: string, entry: Awaited<ReturnType<JsonlCacheTier['get']>>, get: Record<string, unknown>) {
    expect(entry, key).toBeDefined();
    const instants = Object.fromEntries(
      Object.entries(get).map(([name, value]) => {
        const epoch = (value as { epoch?: number } | null)?.epoch;
        return [name, epoch === undefined ? value : epoch];
      }),
    ) as unknown as ExpectedEntry;
    expectEntry(entry, instants);
  }

  it('do not prevent our tier from opening, even if ProxyWhirl cannot start with them', async () => {
    const { lines_hex } = readFixtureJson<{ lines_hex: Record<string, string> }>('l2_jsonl_fatal_lines.expected.json');
    const { appendFileSync } = await import('node:fs');
    for (const [what, hex] of Object.entries(lines_hex)) {
      const directory = fixturePath('l2_jsonl', temp());
      appendFileSync(`${directory}/shard_00.jsonl`, Buffer.from(hex, 'hex'));
      const tier = closing(new JsonlCacheTier({ directory, cipher, clock: longAgo }));
      await tier.open();
      const entries = expectedOf('l2_jsonl').entries;
      const found = await tier.getMany(Object.keys(entries));
      expect(found.size, what).toBe(200);
    }
  });
});

describe('migrateFromJsonl', () => {
  it('copies all fields of all 200 entries into SQLite', async () => {
    const { entries } = expectedOf('l2_jsonl');
    const tier = closing(new DiskCacheTier({ directory: temp(), cipher, clock: longAgo }));
    const result = await tier.migrateFromJsonl(fixturePath('l2_jsonl'));
    expect(result).toMatchObject({ migrated: 200, failed: 0 });
    for (const [key, expected] of Object.entries(entries)) {
      // Credentials in clear before an `@` go into the sealed fields, unless these have values already.
      const [, username, password] = /\/\/([^/:@]*):([^@]*)@/.exec(expected.proxy_url) ?? [];
      const proxy_url = expected.proxy_url.replace(/[^/]*@/, '');
      const has = expected.username !== null || expected.password !== null;
      const moved = username === undefined || has ? {} : { username, password };
      expectEntry(tier.get(key), { ...expected, proxy_url, ...moved } as ExpectedEntry);
    }
  });

  it('writes no credential in clear that a ProxyWhirl record has in its URL or its strings', async () => {
    const [from, to] = [temp(), temp()];
    const record = {
      source: 's',
      fetch_time: '2026-01-01T00:00:00+00:00',
      last_accessed: '2026-01-01T00:00:00+00:00',
      access_count: 0,
      ttl_seconds: 9,
      expires_at: '2999-01-01T00:00:00+00:00',
      health_status: 'healthy',
      failure_count: 0,
    };
    const records = [
      { key: 'a', proxy_url: 'http://ann:S3cr3tPw@gate.example:80' },
      { key: 'b', proxy_url: 'http://ann:S3cr3tPw' },
      { key: 'c', proxy_url: 'http://c.example:80', source: 'http://ann:S3cr3tPw@list.example' },
      { key: 'd', proxy_url: 'http://d.example:80', password: 'S3cr3tPw', last_health_error: 'refused S3cr3tPw' },
    ];
    const lines = records.map((more) => `${JSON.stringify({ ...record, ...more })}\n`);
    writeFileSync(join(from, 'shard_00.jsonl'), lines.join(''));
    const tier = closing(new DiskCacheTier({ directory: to, cipher }));
    expect(tier.migrateFromJsonl(from)).toMatchObject({ migrated: 3, failed: 1 });
    expect(tier.get('a')).toMatchObject({ proxyUrl: 'http://gate.example:80' });
    expect(tier.get('a')?.password?.reveal()).toBe('S3cr3tPw');
    await tier.close();
    for (const name of readdirSync(to)) expect(readFileSync(join(to, name), 'latin1')).not.toContain('S3cr3tPw');
  });
});
