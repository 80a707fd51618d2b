import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, type CacheEntryInput, type CacheTierConfigInput } from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { onTestFinished } from 'vitest';
import { JsonlCacheTier, type JsonlTierOptions } from '../../src/index.ts';

type OnFinished = typeof onTestFinished;

/**
 * A folder that is removed after the test, and a path in it where the tier creates its own. A test that runs beside
 * others passes its own `onTestFinished`, here and below.
 */
export function newDirectory(onFinished: OnFinished = onTestFinished): string {
  return join(makeTempDir(onFinished), 'cache');
}

/** A tier that is closed after the test. */
export function newTier(
  directory: string,
  options: Partial<JsonlTierOptions> = {},
  config: CacheTierConfigInput = {},
  onFinished: OnFinished = onTestFinished,
): JsonlCacheTier {
  const tier = new JsonlCacheTier({
    ...config,
    cipher: new TestCipher('k1'),
    clock: new ManualClock(),
    directory,
    ...options,
  });
  onFinished(() => tier.close());
  return tier;
}

export function makeEntry(key: string, fields: Partial<CacheEntryInput> = {}): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://10.0.0.1:8080', ...fields }, new ManualClock());
}

/** All fields of an entry with its secrets revealed, for comparison. */
export function facts(entry: CacheEntry | undefined): unknown {
  if (entry === undefined) return undefined;
  return {
    ...entry.toFields(),
    username: entry.username?.reveal() ?? null,
    password: entry.password?.reveal() ?? null,
  };
}

export function shardFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^shard_\d+\.jsonl$/.test(name))
    .sort();
}

/** The non-blank lines of all shards. */
export function allLines(directory: string): string[] {
  return shardFiles(directory).flatMap((name) =>
    readFileSync(join(directory, name), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== ''),
  );
}

/** The content of every file below a folder. */
export function allText(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((item) => item.isFile());
  return files.map((item) => readFileSync(join(item.parentPath, item.name), 'latin1')).join('\n');
}
