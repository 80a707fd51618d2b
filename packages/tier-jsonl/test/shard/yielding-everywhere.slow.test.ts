import { vi } from 'vitest';

// Every time slice is used up immediately here, so that other work interleaves wherever it can.
vi.mock('../../src/shard/slice.ts', () => ({
  TimeSlice: class {
    renewIfOver = () => true;
  },
}));

await import('../model.slow.test.ts');
await import('../lock/shared-directory.test.ts');
await import('../index/eviction.slow.test.ts');
await import('../quarantine/damaged-lines.slow.test.ts');
await import('../files/file-permissions.slow.test.ts');
await import('../jsonl-cache-tier.slow.test.ts');
await import('../layout/resharding.slow.test.ts');
