import { count } from '@pw/test-support';
import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';

await testTier('JsonlCacheTier', {
  module: new URL('./support/make-tier.ts', import.meta.url),
  fastCheck,
  execArgv: ['--conditions=@pw/source'],
  // The default of the kit, 10,000, takes most of a minute: `PW_FAULTS=full vitest run packages/tier-*`.
  cycles: count(300, 10_000),
});
