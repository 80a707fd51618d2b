import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, isOddFile, makeOddFile, ODD_FILES, type OddFile } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, makeEntry, tempDir } from '../support.ts';
import type { OddOutcome } from './unexpected-type-child.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, 'unexpected-type-child.ts'));
const ROOT = process.getuid?.() === 0;

/**
 * `refused`: `open` throws and names the path. `replaced`: set aside and replaced by an empty file, with a warning.
 * `works`: nothing is lost.
 */
type Outcome = 'refused' | 'replaced' | 'works';
interface Place {
  readonly suffix: string;
  readonly fate: Outcome;
  readonly huge: Outcome | 'untried';
}

const PLACES: readonly Place[] = [
  { suffix: '', fate: 'refused', huge: 'replaced' },
  // SQLite itself ignores a log of an unknown format.
  { suffix: '-wal', fate: 'refused', huge: 'works' },
  { suffix: '-shm', fate: 'refused', huge: 'untried' },
  { suffix: '-journal', fate: 'refused', huge: 'works' },
  { suffix: '.corrupt-2026-01-01T00-00-00.000Z', fate: 'works', huge: 'untried' },
];

describe.each(KINDS)(
  '$name: an unexpected file type at the path of one of its files is refused or ignored without delay:',
  (kind) => {
    it.each(ODD_FILES.filter((odd) => ROOT || odd !== 'device'))('%s', (odd) => {
      const original = fullDirectory(kind);
      const root = tempDir();
      const victim = join(root, 'victim');
      writeFileSync(victim, 'mine\n');
      const cases = PLACES.flatMap(({ suffix, fate, huge }, n) => {
        const wanted = odd === 'huge file' ? huge : fate;
        if (wanted === 'untried') return [];
        const directory = join(root, String(n));
        cpSync(original, directory, { recursive: true });
        const path = kind.file(directory) + suffix;
        makeOddFile(odd, path, victim);
        return [{ directory, path, wanted }];
      });
      const argv = ['--conditions=@pw/source', CHILD, kind.name, ...cases.map(({ directory }) => directory)];
      // Runs in a child process, since a blocking system call can be ended only from outside.
      const { stdout, stderr } = spawnSync(process.execPath, argv, {
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      });
      const outcomes = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as OddOutcome);
      for (const [n, { path, wanted }] of cases.entries()) {
        const outcome = outcomes[n];
        expect(outcome, `${path} ended: ${stderr}`).toBeDefined();
        expect(fateOf(outcome!), `${path}: ${JSON.stringify(outcome)}`).toBe(wanted);
        if (wanted === 'refused') {
          expect(outcome!.refused![1]).toContain(path);
          expect(isOddFile(odd, path, victim), path).toBe(true);
        }
        expect(outcome!.peakMiB, path).toBeLessThan(400);
      }
      expect(readFileSync(victim, 'utf8')).toBe('mine\n');
    });
  },
);

function fullDirectory(kind: Kind): string {
  const directory = tempDir();
  const tier = kind.make(directory);
  tier.putMany(Array.from({ length: 40 }, (_, n) => makeEntry(`k${n}`, { ttlSeconds: 1e8 })));
  tier.close();
  return directory;
}

function fateOf({ refused, found, stored, warnings }: OddOutcome): Outcome | OddFile | 'lost' {
  if (refused !== undefined) return refused[0] === 'CACHE_UNSAFE_PATH' ? 'refused' : 'lost';
  if (!stored) return 'lost';
  if (found === 40) return 'works';
  return warnings.some((text) => text.includes('set aside')) ? 'replaced' : 'lost';
}
