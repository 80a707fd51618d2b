import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isOddFile, makeOddFile, makeTempDir, ODD_FILES, type OddFile } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';
import type { OddOutcome } from '../support/unexpected-type-child.ts';

const CHILD = join(import.meta.dirname, '..', 'support', 'unexpected-type-child.ts');
const ROOT = process.getuid?.() === 0;

/**
 * `refused`: `open` throws and names the path. `reads`: nothing can be stored, and the error names the path. `works`:
 * nothing is lost.
 */
type Fate = 'refused' | 'reads' | 'works';
interface TestedPath {
  readonly path: string;
  readonly fate: Fate;
  /** Exceptions: kinds that are expected at this path, or that are not a matter of file types. */
  readonly but?: Partial<Record<OddFile, Fate | 'untried'>>;
}

const PATHS: readonly TestedPath[] = [
  { path: 'pw-cache.json', fate: 'refused', but: { 'huge file': 'works' } },
  { path: 'shard_00.jsonl', fate: 'refused' },
  { path: 'shard_00.jsonl.index', fate: 'works' },
  // A folder there is a lock, as expected.
  { path: 'shard_00.jsonl.lock', fate: 'reads', but: { folder: 'untried' } },
  { path: 'quarantine', fate: 'reads', but: { folder: 'works' } },
  { path: 'quarantine/shard_00.jsonl', fate: 'reads', but: { 'huge file': 'untried' } },
  { path: 'shard_00.jsonl.pw-0123456789ab.tmp', fate: 'works' },
  { path: 'shard_00.jsonl.4711.140.tmp', fate: 'works', but: { 'huge file': 'untried' } },
  { path: 'pw-cache.json.pw-0123456789ab.tmp', fate: 'works', but: { 'huge file': 'untried' } },
  { path: 'pw-holder.01234567.4711.99.0123456789ab', fate: 'works' },
];

/** A directory with forty entries, a damaged line, and a side index. */
async function fullDirectory(): Promise<string> {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1, sideIndexFrom: 1 });
  await tier.putMany(Array.from({ length: 40 }, (_, n) => makeEntry(`k${n}`, { ttlSeconds: 1e8 })));
  await tier.close();
  writeFileSync(join(directory, 'shard_00.jsonl'), 'broken\n', { flag: 'a' });
  return directory;
}

describe('a file of an unexpected type is refused or ignored without delay, and never changed or followed:', () => {
  it.each(ODD_FILES.filter((kind) => ROOT || kind !== 'device'))('%s', async (kind) => {
    const original = await fullDirectory();
    const root = makeTempDir(onTestFinished);
    const victim = join(root, 'victim');
    writeFileSync(victim, 'mine\n');
    const cases = PATHS.flatMap(({ path, fate, but }, n) => {
      const wanted = but?.[kind] ?? fate;
      if (wanted === 'untried') return [];
      const directory = join(root, String(n));
      cpSync(original, directory, { recursive: true, preserveTimestamps: true });
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      makeOddFile(kind, join(directory, path), victim);
      return [{ directory, path, wanted }];
    });
    const argv = ['--conditions=@pw/source', CHILD, ...cases.map(({ directory }) => directory)];
    // In a separate process: one that hangs in a system call can only be ended from outside.
    const { stdout, stderr } = spawnSync(process.execPath, argv, {
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    const outcomes = new Map(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => [(JSON.parse(line) as OddOutcome).directory, JSON.parse(line) as OddOutcome]),
    );
    for (const { directory, path, wanted } of cases) {
      const outcome = outcomes.get(directory);
      expect(outcome, `${path} ended: ${stderr}`).toBeDefined();
      expect(fateOf(outcome!), `${path}: ${JSON.stringify(outcome)}`).toBe(wanted);
      if (wanted === 'refused') {
        expect(outcome!.refused![1]).toContain(join(directory, path));
        expect(isOddFile(kind, join(directory, path), victim), path).toBe(true);
      }
      expect(outcome!.peakMiB, path).toBeLessThan(400);
    }
    expect(cases.length).toBeGreaterThanOrEqual(6);
    expect(readFileSync(victim, 'utf8')).toBe('mine\n');
  });
});

function fateOf({ refused, found, stored, lastError }: OddOutcome): Fate | 'lost' {
  if (refused !== undefined) return refused[0] === 'CACHE_UNSAFE_PATH' ? 'refused' : 'lost';
  if (found !== 40) return 'lost';
  if (stored) return 'works';
  // The error names the path and the remedy.
  return /^JSONL tier: .* \/.*(move it away|remove it|put the file itself there)$/.test(String(lastError))
    ? 'reads'
    : 'lost';
}
