import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';

await testTier('MemoryCacheTier', {
  module: new URL('./support/make-tier.ts', import.meta.url),
  fastCheck,
  execArgv: ['--conditions=@pw/source'],
});
