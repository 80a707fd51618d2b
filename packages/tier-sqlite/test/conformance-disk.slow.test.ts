import { bundleTierModule, count } from '@pw/test-support';
import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';

const module = new URL('./make-disk-tier.ts', import.meta.url);

await testTier('DiskCacheTier', {
  module,
  fastCheck,
  execArgv: await bundleTierModule(module),
  // With the kit's own counts it takes minutes: `PW_FAULTS=full vitest run packages/tier-*`.
  cycles: count(100, 10_000),
  runs: count(30, 100),
  kills: count(4, 10),
});
