import { vi } from 'vitest';

// Every piece of work takes all of its turn here, so that everything else comes in between wherever it can.
vi.mock('../../src/shard/slice.ts', () => ({
  TimeSlice: class {
    renewIfOver = () => true;
  },
}));

await import('../model.test.ts');
await import('../lock/shared-directory.test.ts');
await import('../index/eviction.test.ts');
await import('../quarantine/damaged-lines.test.ts');
await import('../files/file-permissions.test.ts');
await import('../jsonl-cache-tier.test.ts');
await import('../layout/resharding.test.ts');
