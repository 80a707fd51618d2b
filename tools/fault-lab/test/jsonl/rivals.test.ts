import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleProgram, count, FULL_TIME, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { entryOf, openTier, valuesIn } from '../../src/jsonl/survey.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { runChild, startChild } from '../../src/processes/run-child.ts';

const source = (name: string) => join(import.meta.dirname, '../../src/jsonl', name);
const bundle = (name: string) => bundleProgram(source(name));
const [watchingChild, blockingWriter, writer] = (await Promise.all(
  ['watching-child.ts', 'blocking-writer.ts', 'writer.ts'].map(bundle),
)) as [string, string, string];
// Without locks, it patches modules of the tier, which it must therefore load one by one.
const countingWriter = { locks: await bundle('counting-writer.ts'), 'no locks': source('counting-writer.ts') };
const shiftClock = new URL('../../src/processes/shift-clock.ts', import.meta.url).href;
const rounds = { locks: count(30, 2500), 'no locks': count(60, 2500) };
const ledgerOf = (path: string) => new Ledger(readFileSync(path, 'utf8'));

/** Lets four processes increment counters while two watch; returns how many increments were lost. */
async function lostCounts(locks: 'locks' | 'no locks'): Promise<{ lost: number; ends: (number | null)[] }> {
  const folder = makeTempDir(onTestFinished);
  const [store, guards, over] = [join(folder, 'store'), join(folder, 'guards'), join(folder, 'over')];
  mkdirSync(guards);
  await openTier(store, { numShards: 4 }).open();
  const options = { ledger: join(folder, 'ledger'), timeout: FULL_TIME };
  const watchers = [1, 2].map(() => runChild(watchingChild, [store, over], options));
  const args = [store, guards, String(rounds[locks]), locks];
  const writers = [1, 2, 3, 4].map(() => runChild(countingWriter[locks], args, options));
  const ends = await Promise.all(writers);
  writeFileSync(over, '');
  if (locks === 'locks') ends.push(...(await Promise.all(watchers)));
  const tier = openTier(store);
  const values = await valuesIn(tier).catch(() => new Map<string, string>());
  await tier.close();
  for (const { errors } of ends) if (errors !== '' && locks === 'locks') throw new Error(errors);
  const sum = [...values.values()].reduce((total, value) => total + Number(value), 0);
  return { lost: 4 * rounds[locks] - sum, ends: ends.map(({ code }) => code) };
}

describe('four writers and two readers', () => {
  it(
    `lose none of ${4 * rounds.locks} read-modify-writes, and see no counter decrease`,
    async () => {
      expect(await lostCounts('locks')).toEqual({ lost: 0, ends: [0, 0, 0, 0, 0, 0] });
    },
    FULL_TIME,
  );

  it(
    'lose some without locks and without checks for foreign writes: the proof above can fail',
    async () => {
      // Four processes on a busy machine may happen to take turns.
      let lost = 0;
      for (let tries = 0; lost === 0 && tries < 10; tries++) ({ lost } = await lostCounts('no locks'));
      expect(lost).toBeGreaterThan(0);
    },
    FULL_TIME,
  );
});

describe('a holder of a lock', () => {
  it(
    `that blocks its event loop for 3.5 s, ${count(1, 20)} times, loses its lock but no write`,
    async () => {
      const folder = makeTempDir(onTestFinished);
      const [store, ledger] = [join(folder, 'store'), join(folder, 'ledger')];
      const blocks = count(1, 20);
      const child = startChild(blockingWriter, [store, String(blocks)], { ledger, timeout: FULL_TIME });
      let isOver = false;
      void child.end.then(() => {
        isOver = true;
      });
      while (!existsSync(join(store, 'pw-cache.json'))) await sleep(5);
      const rival = openTier(store);
      let written = 0;
      for (; !isOver; written++) {
        expect(await rival.put(`rival${written % 50}`, entryOf(`rival${written % 50}`, String(written)))).toBe(true);
        await sleep(30);
      }
      expect(await child.end).toMatchObject({ code: 0, errors: '' });
      const values = await valuesIn(rival);
      expect(ledgerOf(ledger).acknowledged).toBe(20 * blocks);
      for (const key of ledgerOf(ledger).keys) expect(ledgerOf(ledger).allowed(key)).toContain(values.get(key));
      for (let n = Math.max(0, written - 50); n < written; n++) expect(values.get(`rival${n % 50}`)).toBe(String(n));
      expect(rival.statistics.evictionsCorruption).toBe(0);
      await rival.close();
    },
    FULL_TIME,
  );

  it(
    'whose clock is an hour off takes turns with the others, and does not delay them when it dies',
    async () => {
      const folder = makeTempDir(onTestFinished);
      const store = join(folder, 'store');
      await openTier(store, { numShards: 4 }).open();
      const start = (hours: number, changes: string) => {
        const env = { NODE_OPTIONS: `--import ${shiftClock}`, PW_CLOCK_AHEAD: String(hours * 3_600_000) };
        const name = `clock${hours}-${changes}-`;
        const ledger = join(folder, name);
        return { ledger, ...startChild(writer, [store, 'normal', changes, name], { ledger, env }) };
      };
      const changes = count(30, 3000);
      const writers = [1, -1, 0].map((hours) => start(hours, String(changes)));
      for (const { end } of writers) expect(await end).toMatchObject({ code: 0, errors: '' });
      const doomed = [1, -1].map((hours) => start(hours, 'Infinity'));
      for (const { child, ledger, end } of doomed) {
        while (readFileSync(ledger).length === 0) await sleep(5);
        await sleep(200);
        child.kill('SIGKILL');
        await end;
      }
      const tier = openTier(store, { lock: { staleMs: 2000, updateMs: 1000, deadlineMs: 4000 } });
      const fresh = Array.from({ length: 40 }, (_, n) => entryOf(`after-${n}`, 'new'));
      expect(await tier.putMany(fresh)).not.toContain(false);
      const values = await valuesIn(tier);
      await tier.close();
      for (const { ledger } of writers) {
        expect(ledgerOf(ledger).acknowledged).toBeGreaterThan(changes);
        for (const key of ledgerOf(ledger).keys)
          expect(ledgerOf(ledger).allowed(key)).toContain(values.get(key) ?? '-');
      }
      // No file that was created to read the file system's time is left.
      expect(readdirSync(store).filter((name) => name.includes('.lock'))).toEqual([]);
    },
    FULL_TIME,
  );
});
