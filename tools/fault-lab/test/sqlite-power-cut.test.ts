import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { count, FULL_TIME } from '../src/count.ts';
import { cutLoop, flushCount } from '../src/cut-loop.ts';
import { type Recording, recordDisk } from '../src/record-disk.ts';
import { KINDS, type Kind, surveySqlite } from '../src/sqlite/survey.ts';

const script = join(import.meta.dirname, '../src/sqlite/writer.ts');
const cuts = count(15, 10_000);
/** Enough for several checkpoints. */
const CHANGES = '350';

async function recorded(
  kind: Kind,
  durability: 'normal' | 'full',
  judge: (recording: Recording) => Promise<void>,
): Promise<void> {
  const recording = await recordDisk(script, [kind, durability, CHANGES]);
  try {
    await judge(recording);
  } finally {
    recording.remove();
  }
}

describe.each(KINDS)(`%s: a power cut, ${cuts} times at a random moment`, (kind) => {
  const survey = surveySqlite(kind);

  it(
    'with durability full loses nothing that was acknowledged',
    async () => {
      await recorded(kind, 'full', async (recording) => {
        expect(flushCount(recording.operations)).toBeGreaterThan(250);
        let acknowledged = 0;
        for (const keeps of ['prefix', 'scattered'] as const) {
          for await (const { name, ledger, found } of cutLoop(recording, { cuts, seed: 1, keeps, survey })) {
            expect(ledger.broken(found), name).toEqual([]);
            acknowledged += ledger.acknowledged;
          }
        }
        expect(acknowledged).toBeGreaterThan(cuts * 10);
      });
    },
    FULL_TIME,
  );

  it(
    'with durability normal loses the newest changes and nothing else, and is never corrupt',
    async () => {
      await recorded(kind, 'normal', async (recording) => {
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
        // Else the model would have forgotten to lose anything.
        expect(lost).toBeGreaterThan(0);
        console.log(`${kind}, normal: ${lost} of ${2 * cuts} cuts lost newest changes`);
      });
    },
    FULL_TIME,
  );

  it(
    'on a disk that ignores flushes, as with synchronous OFF, it loses or damages: the proofs above can fail',
    async () => {
      await recorded(kind, 'full', async (recording) => {
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
      });
    },
    FULL_TIME,
  );
});
