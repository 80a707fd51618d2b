import { bundleTierModule, count } from '@pw/test-support';
import * as fastCheck from 'fast-check';
import { testTier } from '../src/vitest.ts';

const moduleOf = (name: string) => new URL(`./tiers/make-${name}-tier.ts`, import.meta.url);
const fromSource = ['--conditions=@pw/source'];
const counts = { cycles: count(100, 10_000), runs: count(30, 100), kills: count(4, 10) };

// As the author of a tier would test it: with the counts of the kit.
await testTier('the correct map tier', { module: moduleOf('map'), fastCheck, execArgv: fromSource });

for (const name of ['counting-map', 'ordered-map', 'promise-map'])
  await testTier(`the correct ${name} tier`, { module: moduleOf(name), fastCheck, execArgv: fromSource, ...counts });

// Many of its tests start processes.
const execArgv = await bundleTierModule(moduleOf('file'));
await testTier('the correct file tier', { module: moduleOf('file'), fastCheck, execArgv, ...counts });
