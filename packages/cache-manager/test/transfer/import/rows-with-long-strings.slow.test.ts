import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { generateCacheKey, Secret } from '@pw/cache-models';
import { makeTempDir, turnsDuring } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../../src/index.ts';

const URL = 'http://1.1.1.1:80';
/** The length of the strings: about as long as masking inspects. */
const LONG = 16_000;

const rowsOf = (count: number, row: (i: number) => object): string =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(row(i))}\n`).join('');
const fill = (unit: string): string => unit.repeat(LONG / unit.length);

/** A row whose credentials may occur anywhere in a string. */
const rowWith = (source: string) => () => ({ proxy_url: URL, username: '%', password: 'a', source });

/** A full record of an entry that was checked. */
const RECORD = {
  key: generateCacheKey(URL),
  proxy_url: URL,
  fetch_time: '2026-01-01T00:00:00+00:00',
  last_accessed: '2026-01-01T00:00:00+00:00',
  expires_at: '2099-01-01T00:00:00+00:00',
  health_status: 'unhealthy',
  access_count: 0,
  ttl_seconds: 3600,
  failure_count: 1,
};

/** Rows with strings of that length, by name. */
const FILES: Record<string, (count: number) => string> = {
  'letters, of one proxy': (count) => rowsOf(count, rowWith(fill('abcdef'))),
  'words, of one proxy': (count) => rowsOf(count, rowWith(fill('a b c: '))),
  'escapes, of one proxy': (count) => rowsOf(count, rowWith(fill('a%2561'))),
  'escapes, of many proxies': (count) =>
    rowsOf(count, (i) => ({ ...rowWith(fill('a%2561'))(), proxy_url: `http://1.1.${i >> 8}.${i & 255}:80` })),
  'secrets, of one proxy': (count) => rowsOf(count, rowWith(fill('a="%" '))),
  'base64, of one proxy': (count) =>
    rowsOf(count, () => ({ ...rowWith(fill('YWFh'))(), username: 'aaaaa', password: 'aaaaaa' })),
  'errors, of one proxy': (count) =>
    rowsOf(count, (i) => ({ ...RECORD, password: `p${i}`, source: 'api', last_health_error: fill('a%2561') })),
  'addresses, under one key': (count) => rowsOf(count, (i) => ({ ...RECORD, proxy_url: `http://${i}${fill('a.')}:1` })),
  'user infos, under one key': (count) =>
    rowsOf(count, (i) => ({ ...RECORD, proxy_url: `http://u:${fill('%41')}@1.1.1.1:${i + 1}` })),
};

function pathOf(text: string): string {
  const path = join(makeTempDir(onTestFinished), 'rows.jsonl');
  writeFileSync(path, text);
  return path;
}

async function openMemory(): Promise<CacheManager> {
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({})] });
  onTestFinished(() => cache.close());
  return cache;
}

/**
 * The least processor time of up to three imports into an empty cache, in milliseconds; of fewer if one takes less than
 * `enough`.
 */
async function costOf(text: string, enough = 0): Promise<number> {
  const path = pathOf(text);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && least >= enough; i++) {
    const cache = await openMemory();
    const before = process.cpuUsage();
    await cache.warmFromFile(path);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/**
 * How often `work` reveals secrets, which it does to search strings for them: in total, and at most in one turn of the
 * event loop.
 */
async function revealsDuring(work: () => Promise<unknown>): Promise<{ all: number; mostInOneTurn: number }> {
  const reveal = vi.spyOn(Secret.prototype, 'reveal');
  onTestFinished(() => reveal.mockRestore());
  let [all, mostInOneTurn, isDone] = [0, 0, false];
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await setImmediate();
    mostInOneTurn = Math.max(mostInOneTurn, reveal.mock.calls.length - all);
    all = reveal.mock.calls.length;
  }
  await done;
  return { all, mostInOneTurn };
}

describe('an import of rows with long strings', () => {
  /** Measured once. */
  let costOfHarmless: number | undefined;

  it.each(Object.keys(FILES))('yields to the event loop many times: %s', async (name) => {
    const [path, cache] = [pathOf(FILES[name]!(400)), await openMemory()];
    const started = process.cpuUsage();
    const turns = await turnsDuring(() => cache.warmFromFile(path));
    const { user } = process.cpuUsage(started);
    // At least one turn per 100 ms of work, five times the goal of 20 ms.
    expect(turns).toBeGreaterThan(user / 1000 / 100);
  });

  it('spreads masking many rows of one proxy over many turns, and masks each row once', async () => {
    const [path, cache] = [pathOf(FILES['escapes, of one proxy']!(400)), await openMemory()];
    const { all, mostInOneTurn } = await revealsDuring(() => cache.warmFromFile(path));
    // For each row: its username and password, the username again for the key, and all four credentials of two rows
    // with the same key.
    expect(all).toBeLessThan(400 * 8);
    expect(mostInOneTurn).toBeLessThan(all / 4);
  });

  it('spreads masking many old strings against new credentials over many turns, and masks each string once', async () => {
    const cache = await openMemory();
    const of = (i: number) => ({ proxy_url: `http://1.1.${i >> 8}.${i & 255}:80` });
    const error = `of hunter2 ${fill('a%2561')}`;
    const old = (i: number) => ({
      ...RECORD,
      ...of(i),
      key: generateCacheKey(of(i).proxy_url),
      source: 'api',
      last_health_error: error,
    });
    await cache.warmFromFile(pathOf(rowsOf(400, old)));
    const path = pathOf(rowsOf(400, (i) => ({ ...of(i), key: old(i).key, password: 'hunter2' })));
    const { all, mostInOneTurn } = await revealsDuring(() => cache.warmFromFile(path));
    // For each row: its password against its own strings, and against the old ones.
    expect(all).toBeLessThan(400 * 4);
    expect(mostInOneTurn).toBeLessThan(all / 4);
    expect(await cache.size()).toBe(400);
    for await (const { lastHealthError, password } of cache.entries()) {
      expect(password?.reveal()).toBe('hunter2');
      expect(lastHealthError).toMatch(/^of \*{10} a%2561/);
    }
  });

  // Masking each string again for each row would cost a hundred times as much.
  it.each(Object.keys(FILES))('costs at most a small multiple of an import of harmless rows: %s', async (name) => {
    costOfHarmless ??= await costOf(FILES['letters, of one proxy']!(100));
    const bound = 25 * costOfHarmless + 50;
    expect(await costOf(FILES[name]!(100), bound)).toBeLessThan(bound);
  });

  it('does not inspect an old error message again for each row of its entry', async () => {
    const over = (error: string) =>
      rowsOf(1, () => ({ ...RECORD, source: 'api', last_health_error: error })) +
      rowsOf(4000, (i) => ({ proxy_url: URL, password: `p${i}` }));
    const bound = 15 * (await costOf(over('x'))) + 50;
    expect(await costOf(over(fill('a%2561')), bound)).toBeLessThan(bound);
  });
});
