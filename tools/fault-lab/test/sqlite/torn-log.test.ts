import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count, FULL_TIME } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { entryOf, fileIn, KINDS, openTier, surveySqlite } from '../../src/sqlite/survey.ts';

const PUTS = 20;
/** Bytes of the last two frames of the log: a page of 4096 and a header of 24, each. */
const TAIL = 2 * 4120;

it.each(KINDS)(
  '%s: a log that ends at any byte of its last frames yields a prefix of what was written',
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'pw-torn-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const tier = openTier(kind, join(folder, 'whole'));
    for (let n = 0; n < PUTS; n++) tier.put(`k${n}`, entryOf(`k${n}`, String(n)));
    const file = fileIn(kind, join(folder, 'whole'));
    copyFileSync(file, join(folder, 'db'));
    const log = readFileSync(`${file}-wal`);
    tier.close();
    const counts = new Set<number>();
    const directory = join(folder, 'store');
    for (let cut = 0; cut <= TAIL; cut += count(613, 1)) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      copyFileSync(join(folder, 'db'), fileIn(kind, directory));
      writeFileSync(`${fileIn(kind, directory)}-wal`, log.subarray(0, log.length - cut));
      const found = await surveySqlite(kind)(directory);
      // All up to some change, and none after it.
      expect([...found.keys()].sort()).toEqual(Array.from({ length: found.size }, (_, n) => `k${n}`).sort());
      expect(found.size).toBeGreaterThanOrEqual(PUTS - 2);
      counts.add(found.size);
    }
    expect(counts).toContain(PUTS);
    expect(counts.size).toBeGreaterThan(1);
  },
  FULL_TIME,
);
