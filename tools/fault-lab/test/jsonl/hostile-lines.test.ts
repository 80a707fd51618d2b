import { appendFileSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, FULL_TIME, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { expect, it, onTestFinished } from 'vitest';
import { hostileLine } from '../../src/jsonl/lines/hostile-line.ts';
import { containsEntry, isUnreadable } from '../../src/jsonl/lines/line-checks.ts';
import { entryOf, openTier } from '../../src/jsonl/survey.ts';
import { Random } from '../../src/random.ts';

const LINES_A_FILE = 200;
const NEWLINE = Buffer.from('\n');
/** The age of a shard that a tier treats as no longer being written. */
const LONG_AGO = new Date(1e12);

/**
 * When a tier reads the lines: on opening the file, without or with an eviction order, or when they are appended to the
 * open file.
 */
const WAYS = ['opened', 'opened in order', 'appended'] as const;

/** A closed directory of one shard, its good lines, and good lines of other keys from which hostile ones are made. */
async function makeStore() {
  const store = join(makeTempDir(onTestFinished), 'store');
  const path = join(store, 'shard_00.jsonl');
  const linesOf = async (keys: readonly string[]) => {
    const tier = openTier(store, { numShards: 1 });
    await tier.putMany(keys.map((key) => entryOf(key, `value of ${key}`)));
    await tier.close();
    const lines = readFileSync(path).toString('latin1').split('\n').slice(0, -1);
    rmSync(path);
    return lines.map((line) => Buffer.from(line, 'latin1'));
  };
  const good = Array.from({ length: 20 }, (_, n) => `good-entry-${n}`);
  const others = [...Array.from({ length: 10 }, (_, n) => `h${n}`), 'ключ', 'a"b\\c'];
  return { store, path, good, goodLines: await linesOf(good), otherLines: await linesOf(others) };
}

/** The hostile lines with the good ones at random places among them. */
function mixed(hostile: readonly Buffer[], good: readonly Buffer[], random: Random): Buffer {
  const lines = [...hostile];
  for (const line of good) lines.splice(random.below(lines.length + 1), 0, line);
  return Buffer.concat(lines.flatMap((line) => [line, NEWLINE]));
}

const total = count(10_000, 200_000);

it(
  `${total} hostile lines hide no good entry of another key, yield no wrong value, cause no failure, and end in quarantine`,
  async () => {
    const { store, path, good, goodLines, otherLines } = await makeStore();
    const aside = join(store, 'quarantine', 'shard_00.jsonl');
    let served = 0;
    let damaged = 0;
    for (let seed = 0; seed < total / LINES_A_FILE; seed++) {
      const random = new Random(seed);
      const way = WAYS[seed % WAYS.length]!;
      const what = `seed ${seed}, ${way}`;
      const hostile = Array.from({ length: LINES_A_FILE }, () => hostileLine(otherLines, random));
      rmSync(join(store, 'quarantine'), { recursive: true, force: true });
      const isAppended = way === 'appended';
      const [first, later] = isAppended ? [[], hostile] : [hostile, []];
      writeFileSync(path, mixed(first, goodLines, random));
      if (random.percent(50)) utimesSync(path, LONG_AGO, LONG_AGO);
      const config = way === 'opened in order' ? { maxEntries: 100_000 } : {};
      const tier = new JsonlCacheTier({ ...config, directory: store, failureThreshold: 1 });
      await tier.open();
      if (isAppended) appendFileSync(path, mixed(later, [], random));

      for (const key of await tier.keys()) {
        const entry = await tier.get(key);
        if (entry === undefined || good.includes(key)) continue;
        served++;
        if (!hostile.some((line) => containsEntry(line, entry)))
          expect.fail(`${what}: ${key} was served, but no line contains it`);
      }
      expect(await tier.put('later', entryOf('later', 'new')), what).toBe(true);
      expect(await tier.delete('later'), what).toBe(true);
      for (const key of good) expect((await tier.get(key))?.source, `${what}: ${key}`).toBe(`value of ${key}`);
      damaged += tier.statistics.evictionsCorruption;
      expect(tier.totalFailures, what).toBe(0);
      expect(tier.enabled, what).toBe(true);
      await tier.close();

      const again = openTier(store);
      const kept = await again.getMany(good);
      expect(
        [...kept.values()].map(({ key, source }) => [key, source]),
        what,
      ).toEqual(good.map((key) => [key, `value of ${key}`]));
      expect(again.totalFailures, what).toBe(0);
      await again.close();
      const text = existsSync(aside) ? readFileSync(aside) : Buffer.alloc(0);
      const left = new Set(readFileSync(path, 'latin1').split('\n'));
      for (const line of hostile.filter((bytes) => isUnreadable(bytes))) {
        if (!text.includes(line) && !line.includes('\0'.repeat(1024)))
          expect.fail(`${what}: an unreadable line is not in quarantine: ${line.toString('latin1').slice(0, 200)}`);
        expect(left.has(line.toString('latin1')), what).toBe(false);
      }
    }
    console.log(`${total} hostile lines: ${served} of their records served, ${damaged} damaged`);
    expect(served).toBeGreaterThan(0);
    expect(damaged).toBeGreaterThan(total / 4);
  },
  FULL_TIME,
);
