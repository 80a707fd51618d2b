import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { flushCount } from '../../src/power-cut/cut-loop.ts';
import { recordDisk } from '../../src/power-cut/record-disk.ts';
import { entryOf, KINDS, openTier } from '../../src/sqlite/survey.ts';

it('100 concurrent durable puts need at most 5 flushes, all of them before the first acknowledgement', async () => {
  const recording = await recordDisk(
    await bundleProgram(join(import.meta.dirname, '../../src/sqlite/durable-writer.ts')),
  );
  onTestFinished(() => recording.remove());
  const { operations } = recording;
  const at = (text: string) => operations.findIndex((one) => one.kind === 'ledger' && one.text.startsWith(text));
  const [begun, done] = [at('begin'), at('done')];
  expect(begun).toBeGreaterThan(0);
  const flushes = flushCount(operations.slice(begun, done));
  expect(flushes).toBeGreaterThanOrEqual(1);
  expect(flushes).toBeLessThanOrEqual(5);
  // Includes the flushes of the final checkpoint.
  expect(flushCount(operations.slice(begun))).toBeLessThanOrEqual(5);
  console.log(`${flushes} flushes for 100 durable puts`);
});

const cycles = count(40, 10_000);
it.each(KINDS)(
  `%s: opening and closing it ${cycles} times leaves no file and no descriptor behind`,
  (kind) => {
    const directory = mkdtempSync(join(tmpdir(), 'pw-cycles-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const tier = openTier(kind, directory);
    let before = 0;
    for (let n = 0; n < cycles; n++) {
      const key = `k${n % 10}`;
      expect(tier.put(key, entryOf(key, String(n)))).toBe(true);
      tier.close();
      if (n === 5) before = descriptors();
    }
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(tier.size()).toBe(10);
    tier.close();
  },
  FULL_TIME,
);
