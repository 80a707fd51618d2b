import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shardName, surveyJsonl } from '../../src/jsonl/survey.ts';
import { cutLoop, flushCount } from '../../src/power-cut/cut-loop.ts';
import { type Recording, recordDisk } from '../../src/power-cut/record-disk.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/jsonl/writer.ts'));
const cuts = count(30, 10_000);
const CHANGES = '150';

describe(`a power cut, ${cuts} times at a random moment`, () => {
  const recordings = new Map<'normal' | 'full', Recording>();

  beforeAll(async () => {
    for (const durability of ['normal', 'full'] as const)
      recordings.set(durability, await recordDisk(script, [durability, CHANGES]));
  });
  afterAll(() => {
    for (const recording of recordings.values()) recording.remove();
  });

  it.each(['prefix', 'scattered'] as const)(
    'with durability full loses nothing that was acknowledged (%s)',
    async (keeps) => {
      const recording = recordings.get('full')!;
      expect(flushCount(recording.operations)).toBeGreaterThan(100);
      let acknowledged = 0;
      for await (const { name, ledger, found } of cutLoop(recording, { cuts, seed: 1, keeps, survey: surveyJsonl })) {
        expect(ledger.broken(found), name).toEqual([]);
        acknowledged += ledger.acknowledged;
      }
      expect(acknowledged).toBeGreaterThan(cuts * 10);
    },
    FULL_TIME,
  );

  it(
    'with durability normal loses the newest changes of a shard and nothing else',
    async () => {
      const recording = recordings.get('normal')!;
      let lost = 0;
      for await (const { name, ledger, found } of cutLoop(recording, {
        cuts,
        seed: 2,
        keeps: 'prefix',
        survey: surveyJsonl,
      })) {
        expect(ledger.torn(found, shardName), name).toEqual([]);
        lost += ledger.broken(found).length > 0 ? 1 : 0;
      }
      // Otherwise the model would not have lost anything.
      expect(lost).toBeGreaterThan(0);
      console.log(`normal: ${lost} of ${cuts} cuts lost newest changes`);
    },
    FULL_TIME,
  );

  it(
    'with durability normal yields no record that was never written, whatever parts of a file are lost',
    async () => {
      const recording = recordings.get('normal')!;
      for await (const { name, ledger, found } of cutLoop(recording, {
        cuts,
        seed: 3,
        keeps: 'scattered',
        survey: surveyJsonl,
      }))
        expect(ledger.invented(found), name).toEqual([]);
    },
    FULL_TIME,
  );

  it(
    'on a disk that ignores flushes loses acknowledged changes: the proofs above can fail',
    async () => {
      const recording = recordings.get('full')!;
      let lost = 0;
      const loop = { cuts, seed: 1, keeps: 'prefix', ignoresFlush: true, survey: surveyJsonl } as const;
      for await (const { ledger, found } of cutLoop(recording, loop)) lost += ledger.broken(found).length > 0 ? 1 : 0;
      expect(lost).toBeGreaterThan(cuts / 2);
      console.log(`control: ${lost} of ${cuts} cuts lost acknowledged changes`);
    },
    FULL_TIME,
  );
});
