import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry, type CacheTier, type CredentialBinding, type Secret, type TokenState } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';

const Database = createRequire(import.meta.resolve('@pw/tier-sqlite'))('better-sqlite3');
const [KEY, OTHER] = [generateKey(), generateKey()];

/** A cipher that counts its calls. */
class CountingCipher extends CredentialEncryptor {
  readonly asked = { seals: 0, opens: 0, macs: 0 };

  constructor(key = KEY, previousKeys: string[] = []) {
    super({ key, previousKeys, env: {} });
  }

  override encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    this.asked.seals++;
    return super.encrypt(secret, binding);
  }

  override decrypt(token: Uint8Array, binding?: CredentialBinding): Secret {
    this.asked.opens++;
    return super.decrypt(token, binding);
  }

  override stateOf(token: Uint8Array, binding: CredentialBinding): TokenState {
    this.asked.macs++;
    return super.stateOf(token, binding);
  }
}

const temp = () => makeTempDir(onTestFinished);
const entryOf = (n: number) =>
  CacheEntry.create({ proxyUrl: `http://h${n}.example:1`, key: `k${n}`, username: `user${n}`, password: `word${n}` });

interface Kind {
  readonly name: string;
  open(directory: string, cipher: CredentialEncryptor, logger?: RecordingLogger): CacheTier;
  /** Swaps the tokens of two stored records. */
  swap(directory: string, a: string, b: string): void;
  /** Reduces each stored record to what ProxyWhirl would have written. */
  strip(directory: string): void;
}

const closing = <T extends CacheTier>(tier: T): T => {
  onTestFinished(async () => tier.close());
  return tier;
};

function editLines(directory: string, edit: (records: Map<string, Record<string, unknown>>) => void): void {
  const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  const lines = new Map(files.map((name) => [name, readFileSync(join(directory, name), 'utf8').trim().split('\n')]));
  const all = [...lines].flatMap(([name, texts]) => texts.map((text) => [name, JSON.parse(text)] as const));
  edit(new Map(all.map(([, record]) => [record.key, record])));
  for (const name of files)
    writeFileSync(
      join(directory, name),
      `${all
        .filter(([of]) => of === name)
        .map(([, record]) => JSON.stringify(record))
        .join('\n')}\n`,
    );
}

function sqliteKind(name: string, table: string, make: Kind['open'], file: string): Kind {
  const execute = (directory: string, ...statements: string[]) => {
    const db = new Database(join(directory, file));
    for (const sql of statements) db.exec(sql);
    db.close();
  };
  return {
    name,
    open: make,
    swap: (directory, a, b) =>
      execute(
        directory,
        `CREATE TEMP TABLE t AS SELECT key, username_encrypted u, password_encrypted p FROM ${table} WHERE key IN ('${a}', '${b}')`,
        `UPDATE ${table} SET (username_encrypted, password_encrypted) =
          (SELECT u, p FROM t WHERE t.key <> ${table}.key) WHERE key IN ('${a}', '${b}')`,
      ),
    strip: (directory) =>
      execute(directory, `DELETE FROM pw_${table}`, `UPDATE ${table} SET rowid = abs(random() % 100000) + 1`),
  };
}

const KINDS: readonly Kind[] = [
  {
    name: 'JsonlCacheTier',
    open: (directory, cipher, logger) => closing(new JsonlCacheTier({ directory, cipher, logger })),
    swap: (directory, a, b) =>
      editLines(directory, (records) => {
        const [first, second] = [records.get(a)!, records.get(b)!];
        for (const name of ['username_encrypted', 'password_encrypted'])
          [first[name], second[name]] = [second[name], first[name]];
      }),
    strip: (directory) =>
      editLines(directory, (records) => {
        for (const record of records.values()) delete record['checksum'];
      }),
  },
  sqliteKind(
    'DiskCacheTier',
    'l2_cache',
    (directory, cipher, logger) => closing(new DiskCacheTier({ directory, cipher, logger })),
    'l2_cache.db',
  ),
  sqliteKind(
    'SqliteCacheTier',
    'cache_entries',
    (directory, cipher, logger) => closing(new SqliteCacheTier({ path: join(directory, 'l3.db'), cipher, logger })),
    'l3.db',
  ),
];

describe.each(KINDS)('sealed records in $name', (kind) => {
  async function filled(directory: string, count = 3): Promise<void> {
    const tier = kind.open(directory, new CountingCipher());
    await tier.putMany(Array.from({ length: count }, (_, n) => entryOf(n)));
    await tier.close();
  }

  it.each([
    ['as the tier wrote them', () => {}],
    ['without a checksum', kind.strip],
  ])('cost one MAC per token on read and no AES, %s', async (_, change) => {
    const directory = temp();
    await filled(directory);
    change(directory);
    const cipher = new CountingCipher();
    const tier = kind.open(directory, cipher);
    const entry = await tier.get('k1');
    expect(cipher.asked).toEqual({ seals: 0, opens: 0, macs: 2 });
    expect(entry?.password?.reveal()).toBe('word1');
    expect(cipher.asked).toEqual({ seals: 0, opens: 1, macs: 2 });
    const blind = kind.open(directory, new CountingCipher(OTHER));
    expect(await blind.get('k1')).toBeUndefined();
    expect(blind.statistics).toMatchObject({ undecryptable: 1, evictionsCorruption: 0 });
  });

  it('are misses without the key: counted, logged once, kept, and readable again with the key', async () => {
    const directory = temp();
    await filled(directory);
    const bare = CacheEntry.create({ proxyUrl: 'http://bare.example:1', key: 'bare' });
    const logger = new RecordingLogger();
    const blind = kind.open(directory, new CountingCipher(OTHER), logger);
    await blind.put('bare', bare);
    for (let round = 0; round < 4; round++)
      for (const key of ['k0', 'k1', 'k2']) expect(await blind.get(key)).toBeUndefined();
    expect((await blind.get('bare'))?.proxyUrl).toBe(bare.proxyUrl);
    expect(blind.statistics).toMatchObject({ undecryptable: 12, evictionsCorruption: 0 });
    expect(blind).toMatchObject({ enabled: true, failureCount: 0 });
    expect(logger.lines.filter(({ message }) => message.includes('no key opens'))).toHaveLength(1);
    await blind.close();
    const sighted = kind.open(directory, new CountingCipher(OTHER, [KEY]));
    for (const n of [0, 1, 2]) expect((await sighted.get(`k${n}`))?.password?.reveal()).toBe(`word${n}`);
  });

  it('are refused if their tokens were swapped; no other record is refused', async () => {
    const directory = temp();
    await filled(directory);
    kind.swap(directory, 'k0', 'k1');
    const tier = kind.open(directory, new CountingCipher());
    for (const key of ['k0', 'k1']) expect(await tier.get(key)).toBeUndefined();
    expect((await tier.get('k2'))?.password?.reveal()).toBe('word2');
    expect(tier.statistics.evictionsCorruption).toBe(2);
  });

  it('move between tiers with the token of the current key, and without AES', async () => {
    const [from, to] = [temp(), temp()];
    await filled(from);
    const cipher = new CountingCipher();
    const below = kind.open(from, cipher);
    for (const other of KINDS) {
      const above = other.open(join(to, other.name), cipher);
      expect(await above.put('k1', (await below.get('k1'))!)).toBe(true);
    }
    const memory = new MemoryCacheTier({});
    const cache = await CacheManager.open({ tiers: [memory, below], cipher });
    onTestFinished(() => cache.close());
    await cache.get('k1');
    expect(memory.peek('k1')).toBeDefined();
    // Two tokens, each checked when it is read: once for each of the three tiers and once for the manager.
    expect(cipher.asked).toEqual({ seals: 0, opens: 0, macs: 8 });
    const rotated = new CountingCipher(OTHER, [KEY]);
    const source = kind.open(from, rotated);
    const target = kind.open(join(to, 'rotated'), rotated);
    await target.put('k1', (await source.get('k1'))!);
    expect(rotated.asked.seals).toBe(2);
    expect((await kind.open(join(to, 'rotated'), new CountingCipher(OTHER)).get('k1'))?.password?.reveal()).toBe(
      'word1',
    );
  });
});

it('an entry that is put into three tiers is sealed once', async () => {
  const directory = temp();
  const cipher = new CountingCipher();
  const tiers = [new MemoryCacheTier({}), ...KINDS.map((kind) => kind.open(join(directory, kind.name), cipher))];
  const cache = await CacheManager.open({ tiers, cipher });
  onTestFinished(() => cache.close());
  const { tiers: stored } = await cache.putDetailed('k1', entryOf(1));
  expect(Object.values(stored)).toEqual([true, true, true, true]);
  expect(cipher.asked).toMatchObject({ seals: 2, opens: 0 });
});
