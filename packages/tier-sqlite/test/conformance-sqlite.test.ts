import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';

await testTier('SqliteCacheTier', {
  module: new URL('./make-sqlite-tier.ts', import.meta.url),
  fastCheck,
  execArgv: ['--conditions=@pw/source'],
});
