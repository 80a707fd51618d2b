import { vi } from 'vitest';

// Every piece of work takes all of its turn here, so that everything else comes in between wherever it can.
vi.mock('../src/slice.ts', () => ({
  Slice: class {
    isOver = () => true;
  },
}));

await import('./model.test.ts');
await import('./sharing.test.ts');
await import('./policies.test.ts');
await import('./damage.test.ts');
await import('./files.test.ts');
await import('./jsonl-cache-tier.test.ts');
await import('./resharding.test.ts');
