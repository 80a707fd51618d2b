import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count, FULL_TIME } from '@pw/test-support';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { runChild } from '../../src/processes/run-child.ts';
import { entryOf, fileIn } from '../../src/sqlite/survey.ts';

const changes = count(1200, 100_000);
const KEYS = 20;
const WRITERS = 4;

it(
  `4 writers and 2 readers in separate processes: of ${changes} read-modify-writes none is lost, and no refused one is stored`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pw-rivals-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const tier = new SqliteCacheTier({ path: fileIn('SqliteCacheTier', directory) });
    tier.putMany(Array.from({ length: KEYS }, (_, i) => entryOf(`k${i}`, 'x').with({ expiresAt: Date.now() + 1e9 })));
    const start = (script: string, ...args: string[]) =>
      runChild(join(import.meta.dirname, '../../src/sqlite', script), [directory, ...args], {
        ledger: join(directory, 'output'),
        timeout: FULL_TIME,
      });
    const readers = [1, 2].map(() => start('rival-reader.ts', String(KEYS)));
    const writers = Array.from({ length: WRITERS }, () =>
      start('rival-writer.ts', String(changes / WRITERS), String(KEYS)),
    );
    const written = await Promise.all(writers);
    writeFileSync(join(directory, 'stop'), '');
    for (const { code, errors } of [...written, ...(await Promise.all(readers))]) {
      expect(errors).toBe('');
      expect(code).toBe(0);
    }
    const total = [...tier.entries()].reduce((sum, entry) => sum + entry.totalHealthChecks, 0);
    expect(total).toBe(changes);
    expect(tier.statistics.evictionsCorruption).toBe(0);
    tier.close();
    const refused = [...readFileSync(join(directory, 'output'), 'utf8').matchAll(/^refused (\d+)$/gm)];
    const sum = refused.reduce((all, [, number]) => all + Number(number), 0);
    console.log(`${changes} changes by ${WRITERS} writers, ${changes - total} lost, ${sum} refused and made again`);
  },
  FULL_TIME,
);
