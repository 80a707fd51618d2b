import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryOf, type Kind, openTier, surveySqlite } from '../../src/sqlite/survey.ts';
import { callsOnStore, type StoreCalls, type SweptScript, sweepCalls } from '../../src/strace/nth-call-sweep.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/sqlite/faulted-writer.ts'));
const SEEDS = Array.from({ length: 12 }, (_, n) => `s${n}`);

/** A database with entries that no fault may remove. */
const swept = (kind: Kind, durability: string): SweptScript => ({
  script,
  args: [kind, durability],
  prepare: async (directory) => {
    mkdirSync(directory, { mode: 0o700 });
    const tier = openTier(kind, directory);
    tier.putMany(SEEDS.map((key) => entryOf(key, 'seed')));
    tier.close();
  },
  survey: async (directory) => {
    const found = await surveySqlite(kind)(directory);
    for (const key of SEEDS) if (!found.delete(key)) throw new Error('an entry from before is gone');
    return found;
  },
});

// Call, fault, durability, stride in a short run (0: not tried), and the least number of such calls.
const CASES = [
  ['pwrite64', 'error=ENOSPC', 'normal', 120, 50],
  ['pwrite64', 'error=EIO', 'full', 0, 50],
  ['fsync', 'error=EIO', 'full', 20, 20],
  // Every call: a header that could not be read used to count as damage, and an intact database was set aside.
  ['pread64', 'error=EIO', 'normal', 1, 10],
  // Every call: a log index that could not be opened for writing used to leave a connection read-only for good.
  ['openat', 'error=EMFILE', 'normal', 1, 3],
  ['openat', 'error=EACCES', 'normal', 0, 3],
  ['ftruncate', 'error=EIO', 'normal', 2, 1],
  ['unlink', 'error=EIO', 'normal', 0, 1],
  ['pwrite64', 'signal=SIGKILL', 'normal', 120, 50],
  ['fsync', 'signal=SIGKILL', 'full', 0, 20],
] as const;
const KINDS = count(1, 2) === 1 ? (['SqliteCacheTier'] as const) : (['SqliteCacheTier', 'DiskCacheTier'] as const);

describe.each(KINDS)('%s: each system call fails in turn, until a run finishes without a fault', (kind) => {
  const calls = new Map<string, StoreCalls>();

  beforeAll(async () => {
    const names = [...new Set(CASES.map(([call]) => call))];
    for (const durability of ['normal', 'full']) {
      calls.set(durability, await callsOnStore(swept(kind, durability), names));
    }
  });

  it.each(CASES.filter(([, , , stride]) => count(stride, 1) > 0))(
    '%s %s, durability %s',
    async (call, fault, durability, stride, least) => {
      const undisturbed = calls.get(durability)!;
      expect(undisturbed.get(call)?.length).toBeGreaterThanOrEqual(least);
      const sweep = { ...swept(kind, durability), call, fault, stride: count(stride, 1), beyond: count(0, 100) };
      const { hits, failures } = await sweepCalls(sweep, undisturbed);
      expect(failures).toEqual([]);
      expect(hits).toBeGreaterThanOrEqual(count(1, least));
      console.log(`${kind} ${call} ${fault} ${durability}: ${hits} calls hit, ${failures.length} failures`);
    },
    FULL_TIME,
  );
});
