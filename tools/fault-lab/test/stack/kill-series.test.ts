import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { type KillSeriesOptions, killSeries } from '../../src/stack/kills/kill-series.ts';
import { SeriesLedger } from '../../src/stack/kills/series-ledger.ts';

const source = join(import.meta.dirname, '../../src/stack/kills');
const programs = {
  writer: await bundleProgram(join(source, 'writer-child.ts')),
  reader: await bundleProgram(join(source, 'reader-child.ts')),
};
const seed = Number(process.env['PW_SEED'] ?? Date.now() % 1e9);
const given = process.env['PW_KILLS'];
/** Three writers are killed at the same time, one is killed three times as slowly. */
const killsOf = (writers: number) => Number(given ?? count(writers === 1 ? 10 : 20, 500));

async function findings(options: Pick<KillSeriesOptions, 'backend' | 'writers'>) {
  const kills = killsOf(options.writers);
  const keepsFailed = process.env['PW_KEEP'] !== undefined;
  const report = await killSeries({ ...options, kills, seed, longestMs: count(1_500, 12_000), programs, keepsFailed });
  const { lost, flips, disagreements, accidents, ...counts } = report;
  console.log(`${options.backend}, ${options.writers} writers: ${JSON.stringify(counts)}`);
  expect(report.acknowledged).toBeGreaterThan(kills);
  return { lost, flips, disagreements, accidents };
}

const nothing = { lost: [], flips: [], disagreements: [], accidents: [] };

describe.concurrent(`kills, seed ${seed}`, { timeout: FULL_TIME }, () => {
  for (const backend of ['jsonl', 'sqlite'] as const)
    for (const writers of [1, 3])
      it(`${killsOf(writers)} kills of ${writers} writers lose nothing of memory, ${backend} and sqlite`, async ({
        expect,
      }) => {
        expect(await findings({ backend, writers })).toEqual(nothing);
      });
});

describe('the ledger of a series', () => {
  const judge = (...lines: string[]) => new SeriesLedger(`${lines.join('\n')}\n`);

  it('accepts either value of a change without an answer', () => {
    const lines = ['begin a 1', 'done a 1', 'begin a 2'];
    for (const value of ['1', '2']) expect(judge(...lines, `saw a ${value}`).lost).toEqual([]);
  });

  it('finds a lost change', () => {
    expect(judge('begin a 1', 'done a 1', 'begin a 2', 'done a 2', 'saw a 1').lost).toHaveLength(1);
  });

  it('finds a lost removal', () => {
    expect(judge('begin a 1', 'done a 1', 'begin a -', 'done a -', 'saw a 1').lost).toHaveLength(1);
  });

  it('finds a value that changes without a write', () => {
    expect(judge('begin a 1', 'done a 1', 'begin a 2', 'saw a 1', 'saw a 2').flips).toHaveLength(1);
  });

  it('accepts a change between two reads', () => {
    expect(judge('begin a 1', 'saw a -', 'begin a 2', 'done a 2', 'saw a 2').flips).toEqual([]);
  });
});
