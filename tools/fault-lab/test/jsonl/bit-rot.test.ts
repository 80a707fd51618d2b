import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, FULL_TIME, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { flipBit } from '../../src/flip-bit.ts';
import { mutateLine } from '../../src/jsonl/lines/mutate-line.ts';
import { entryOf, openTier, SHARDS, valuesIn } from '../../src/jsonl/survey.ts';
import { Random } from '../../src/random.ts';

/** Each damaged record causes its file to be read once or twice more. */
const LINES_A_FILE = 1000;

/** A closed store with a history: `now` contains its final values, `ever` all values that each key ever had. */
async function storeWithPast() {
  const store = join(makeTempDir(onTestFinished), 'store');
  const now = new Map<string, string>();
  const ever = new Map<string, Set<string>>();
  const tier = openTier(store, { numShards: SHARDS });
  for (const [count, value] of [
    [40, 'first'],
    [10, 'second'],
  ] as const) {
    const keys = Array.from({ length: count }, (_, n) => `k${n}`);
    await tier.putMany(keys.map((key) => entryOf(key, value)));
    for (const key of keys) ever.set(key, (ever.get(key) ?? new Set()).add(value));
    for (const key of keys) now.set(key, value);
  }
  for (const key of ['k5', 'k20']) {
    await tier.delete(key);
    now.delete(key);
  }
  await tier.close();
  const paths = readdirSync(store)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(store, name));
  return { store, now, ever, shards: paths.map((path) => ({ path, bytes: readFileSync(path) })) };
}

describe('bit rot', () => {
  const flips = count(150, 10_000);

  it(
    `in one bit, ${flips} times, is detected, is never served as a value, and hides no other line`,
    async () => {
      const { store, now, ever, shards } = await storeWithPast();
      for (let seed = 0; seed < flips; seed++) {
        const random = new Random(seed);
        const { path, bytes } = random.pick(shards);
        const flipped = flipBit(bytes, random);
        for (const shard of shards) writeFileSync(shard.path, shard.path === path ? flipped.bytes : shard.bytes);
        rmSync(join(store, 'quarantine'), { recursive: true, force: true });
        const tier = openTier(store);
        const found = await valuesIn(tier);
        const differing = [...new Set([...now.keys(), ...found.keys()])].filter(
          (key) => found.get(key) !== now.get(key),
        );
        const what = `byte ${flipped.at} of ${path.slice(-14)}, seed ${seed}: ${differing}`;
        for (const [key, value] of found) expect(ever.get(key)?.has(value), what).toBe(true);
        expect(differing.length, what).toBeLessThanOrEqual(1);
        if (differing.length > 0) expect(tier.statistics.evictionsCorruption, what).toBeGreaterThan(0);
        expect(tier.totalFailures, what).toBe(0);
        await tier.close();
      }
    },
    FULL_TIME,
  );

  const mutated = count(5000, 1_000_000);

  it(
    `of any kind: ${mutated} mutated lines are parsed without an exception, and the lines between them are found`,
    async () => {
      const { store, shards } = await storeWithPast();
      const lines = shards.flatMap(({ bytes }) => bytes.toString('latin1').split('\n')).filter((line) => line !== '');
      const random = new Random(1);
      const whole = Buffer.from(lines.find((line) => line.includes('"key":"k39"'))!, 'latin1');
      for (let done = 0; done < mutated; done += LINES_A_FILE) {
        const odd = Array.from({ length: LINES_A_FILE }, () =>
          mutateLine(Buffer.from(random.pick(lines), 'latin1'), random),
        );
        for (const { path } of shards) rmSync(path, { force: true });
        const middle = random.below(odd.length);
        const file = [...odd.slice(0, middle), whole, ...odd.slice(middle)].flatMap((line) => [
          line,
          Buffer.from('\n'),
        ]);
        // Repeated at the end: a mutated line may be a valid newer record of the same key.
        writeFileSync(shards[0]!.path, Buffer.concat([...file, whole, Buffer.from('\n')]));
        const tier = openTier(store);
        await tier.open();
        expect((await tier.get('k39'))?.source, `from line ${done} on`).toBe('first');
        // A damaged record causes its file to be read several times: a sample is enough.
        for (const key of (await tier.keys()).slice(0, 20)) await tier.get(key);
        expect(tier.totalFailures).toBe(0);
        await tier.close();
      }
    },
    FULL_TIME,
  );
});
