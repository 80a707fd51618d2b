import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutLoop, flushCount } from '../../src/power-cut/cut-loop.ts';
import { type Recording, recordDisk } from '../../src/power-cut/record-disk.ts';
import { KINDS, surveySqlite } from '../../src/sqlite/survey.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/sqlite/writer.ts'));
const cuts = count(4, 10_000);
/** Enough for several checkpoints. */
const CHANGES = '350';

describe.each(KINDS)(`%s: a power cut, ${cuts} times at a random moment`, (kind) => {
  const survey = surveySqlite(kind);
  const recordings = new Map<string, Recording>();

  beforeAll(async () => {
    for (const durability of ['normal', 'full']) {
      recordings.set(durability, await recordDisk(script, [kind, durability, CHANGES]));
    }
  });
  afterAll(() => {
    for (const recording of recordings.values()) recording.remove();
  });

  it(
    'with durability full loses nothing that was acknowledged',
    async () => {
      const recording = recordings.get('full')!;
      expect(flushCount(recording.operations)).toBeGreaterThan(250);
      let acknowledged = 0;
      for (const keeps of ['prefix', 'scattered'] as const) {
        for await (const { name, ledger, found } of cutLoop(recording, { cuts, seed: 1, keeps, survey })) {
          expect(ledger.broken(found), name).toEqual([]);
          acknowledged += ledger.acknowledged;
        }
      }
      expect(acknowledged).toBeGreaterThan(cuts * 5);
    },
    FULL_TIME,
  );

  it(
    'with durability normal loses the newest changes and nothing else, and is never corrupt',
    async () => {
      const recording = recordings.get('normal')!;
      let lost = 0;
      for (const keeps of ['prefix', 'scattered'] as const) {
        for await (const { name, ledger, found } of cutLoop(recording, { cuts, seed: 2, keeps, survey })) {
          expect(
            ledger.torn(found, () => kind),
            name,
          ).toEqual([]);
          lost += ledger.broken(found).length > 0 ? 1 : 0;
        }
      }
      // Otherwise the model would not have lost anything.
      expect(lost).toBeGreaterThan(0);
      console.log(`${kind}, normal: ${lost} of ${2 * cuts} cuts lost newest changes`);
    },
    FULL_TIME,
  );

  it(
    'on a disk that ignores flushes, as with synchronous OFF, loses or damages data: the proofs above can fail',
    async () => {
      const recording = recordings.get('full')!;
      let [lost, corrupt] = [0, 0];
      const lenient = async (directory: string) => {
        try {
          return await survey(directory);
        } catch {
          corrupt++;
          return new Map<string, string>();
        }
      };
      const loop = { cuts, seed: 1, keeps: 'scattered', ignoresFlush: true, survey: lenient } as const;
      for await (const { ledger, found } of cutLoop(recording, loop)) lost += ledger.broken(found).length > 0 ? 1 : 0;
      expect(lost).toBeGreaterThan(cuts / 2);
      console.log(`${kind}, control: ${lost} of ${cuts} cuts lost acknowledged changes, ${corrupt} corrupt`);
    },
    FULL_TIME,
  );
});
