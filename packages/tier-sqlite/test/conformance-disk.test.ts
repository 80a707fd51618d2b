import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';

await testTier('DiskCacheTier', {
  module: new URL('./make-disk-tier.ts', import.meta.url),
  fastCheck,
  execArgv: ['--conditions=@pw/source'],
});
