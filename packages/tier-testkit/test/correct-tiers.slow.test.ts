import * as fastCheck from 'fast-check';
import { testTier } from '../src/vitest.ts';

for (const name of ['map', 'ordered-map', 'promise-map', 'file']) {
  await testTier(`the correct ${name} tier`, {
    module: new URL(`./tiers/make-${name}-tier.ts`, import.meta.url),
    fastCheck,
    execArgv: ['--conditions=@pw/source'],
    cycles: name === 'file' && process.env['PW_FAULTS'] !== 'full' ? 1000 : 10_000,
  });
}
