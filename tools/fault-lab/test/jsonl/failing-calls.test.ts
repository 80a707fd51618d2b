import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { seedStore, surveySeeded } from '../../src/jsonl/seeded-store.ts';
import { callsOnStore, type StoreCalls, type SweptScript, sweepCalls } from '../../src/strace/nth-call-sweep.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/jsonl/faulted-writer.ts'));
const swept = (durability: string): SweptScript => ({
  script,
  args: [durability],
  prepare: seedStore,
  survey: surveySeeded,
});

// Call, fault, durability, stride in a short run (0: not tried), and the least number of such calls.
const CASES = [
  // Lines are appended with write; names, blanks and copies are written at a position with pwrite64.
  ['write', 'error=ENOSPC', 'normal', 80, 100],
  ['write', 'error=EIO', 'full', 0, 100],
  ['pwrite64', 'error=ENOSPC', 'normal', 6, 10],
  ['fsync', 'error=EIO', 'full', 80, 100],
  ['rename', 'error=EIO', 'normal', 2, 1],
  ['openat', 'error=EMFILE', 'normal', 9, 5],
  ['openat', 'error=EACCES', 'normal', 0, 5],
  ['mkdir', 'error=EACCES', 'normal', 9, 5],
  ['mkdir', 'error=ENOSPC', 'normal', 0, 5],
  ['ftruncate', 'error=EIO', 'normal', 1, 1],
  ['pread64', 'error=EIO', 'normal', 60, 20],
  ['write', 'signal=SIGKILL', 'normal', 80, 100],
  ['pwrite64', 'signal=SIGKILL', 'normal', 6, 10],
  ['fsync', 'signal=SIGKILL', 'full', 80, 100],
  ['rename', 'signal=SIGKILL', 'full', 2, 1],
  ['mkdir', 'signal=SIGKILL', 'normal', 0, 5],
] as const;

describe('each system call fails in turn, until a run finishes without a fault', () => {
  const calls = new Map<string, StoreCalls>();

  beforeAll(async () => {
    const names = [...new Set(CASES.map(([call]) => call))];
    for (const durability of ['normal', 'full']) calls.set(durability, await callsOnStore(swept(durability), names));
  });

  it.each(CASES.filter(([, , , stride]) => count(stride, 1) > 0))(
    '%s %s, durability %s',
    async (call, fault, durability, stride, least) => {
      const undisturbed = calls.get(durability)!;
      expect(undisturbed.get(call)?.length).toBeGreaterThanOrEqual(least);
      const sweep = { ...swept(durability), call, fault, stride: count(stride, 1), beyond: count(0, 100) };
      const { hits, failures } = await sweepCalls(sweep, undisturbed);
      expect(failures).toEqual([]);
      expect(hits).toBeGreaterThanOrEqual(count(1, least));
      console.log(`${call} ${fault} ${durability}: ${hits} calls hit, ${failures.length} failures`);
    },
    FULL_TIME,
  );
});
