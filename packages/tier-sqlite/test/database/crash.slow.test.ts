import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleProgram } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, tempDir, withDatabase } from '../support.ts';

// A few runs, with credentials; the fault lab makes more. CRASH_RUNS=1000 vitest run
// packages/tier-sqlite/test/database/crash.slow.test.ts
const PROGRAM = await bundleProgram(join(import.meta.dirname, 'writing-child.ts'));
const RUNS = Number(process.env['CRASH_RUNS'] ?? 4);
const systemTime = { now: () => Date.now() };

interface Writer {
  readonly child: ChildProcess;
  readonly acknowledged: string[];
}

function startWriter(kind: Kind, directory: string, prefix: string, durability = 'normal'): Writer {
  const child = spawn(
    process.execPath,
    ['--conditions=@pw/source', PROGRAM, kind.name, directory, prefix, durability],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const acknowledged: string[] = [];
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    acknowledged.push(...lines);
  });
  return { child, acknowledged };
}

/** Kills a writer at a random moment after its first acknowledgement. */
async function killSoon({ child, acknowledged }: Writer): Promise<void> {
  while (acknowledged.length === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

describe.each(KINDS)('$name killed while it writes', (kind) => {
  it.each(['normal', 'full'])(
    'loses no acknowledged write, durability %s',
    { timeout: 60_000 + RUNS * 1000 },
    async (durability) => {
      const directory = tempDir();
      const acknowledged: string[] = [];
      for (let run = 0; run < RUNS / 2; run++) {
        const writer = startWriter(kind, directory, `run${run}`, durability);
        await killSoon(writer);
        expect(writer.acknowledged.length).toBeGreaterThan(0);
        acknowledged.push(...writer.acknowledged);
      }
      const tier = kind.make(directory, {}, { clock: systemTime });
      const lost = acknowledged.filter((key) => {
        const entry = tier.get(key);
        return entry?.totalHealthChecks !== Number(key.split('-')[1]) || entry.password?.reveal() !== key;
      });
      expect(lost).toEqual([]);
      expect(tier.statistics.evictionsCorruption).toBe(0);
      tier.close();
      expect(withDatabase(kind.file(directory), (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
    },
  );
});

describe.each(KINDS)('$name in several processes', (kind) => {
  it('keeps the writes of each process, and each sees those of the others', async () => {
    const directory = tempDir();
    const writers = ['a', 'b', 'c'].map((prefix) => startWriter(kind, directory, prefix));
    await new Promise((resolve) => setTimeout(resolve, 700));
    await Promise.all(writers.map(killSoon));
    const tier = kind.make(directory, {}, { clock: systemTime });
    const acknowledged = writers.flatMap((writer) => writer.acknowledged);
    for (const writer of writers) expect(writer.acknowledged.length).toBeGreaterThan(0);
    expect(tier.getMany(acknowledged).size).toBe(acknowledged.length);
    const other = kind.make(directory, {}, { clock: systemTime });
    other.delete(acknowledged[0]!);
    expect(tier.get(acknowledged[0]!)).toBeUndefined();
  });
});
