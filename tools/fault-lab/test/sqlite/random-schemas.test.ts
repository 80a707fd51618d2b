import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { runChild } from '../../src/processes/run-child.ts';

const databases = count(100, 20_000);
/** Databases per process; a process that hangs is killed, and its last line names the seed. */
const IN_ONE = count(100, 200);
const HANGS_AFTER_MS = 60_000;

it(
  `${databases} databases with random triggers, views, indexes, tables and columns in them are each refused unchanged or work`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pw-schemas-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const ledger = join(directory, 'seeds');
    const script = await bundleProgram(join(import.meta.dirname, '../../src/sqlite/random-schema-child.ts'));
    for (let seed = 1; seed <= databases; seed += IN_ONE) {
      const end = await runChild(script, [directory, String(seed), String(IN_ONE)], {
        ledger,
        timeout: HANGS_AFTER_MS,
      });
      const last = readFileSync(ledger, 'utf8').split('\n').at(-1);
      expect(end, `seed ${last}`).toMatchObject({ code: 0, isTimedOut: false });
    }
    const outcomes = readFileSync(ledger, 'utf8').trimEnd().split('\n');
    const works = outcomes.filter((line) => line.endsWith(' works')).length;
    const refused = outcomes.filter((line) => line.endsWith(' refused')).length;
    expect(works + refused).toBe(databases);
    // The generator must produce both kinds to prove anything.
    expect(Math.min(works, refused)).toBeGreaterThan(databases / 10);
  },
  FULL_TIME,
);
