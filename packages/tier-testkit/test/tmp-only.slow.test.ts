import { bundleTierModule } from '@pw/test-support';
import * as fastCheck from 'fast-check';
import { testTier } from '../src/vitest.ts';

const moduleOf = (name: string) => new URL(`./tiers/make-${name}-tier.ts`, import.meta.url);
await testTier('the correct file tier', {
  module: moduleOf('file'),
  fastCheck,
  execArgv: await bundleTierModule(moduleOf('file')),
  cycles: 100,
  runs: 30,
  kills: 4,
});
