import type { TierModule } from '../../src/index.ts';
import * as memoryFaults from '../tiers/broken-stores.ts';
import * as fileFaults from '../tiers/file/file-store-faults.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { ALL_MUTANTS } from './all-mutants.ts';

// One module for all mutants, loaded as `make-mutant.ts?mutant=name` here and in child processes.
const name = new URL(import.meta.url).searchParams.get('mutant');
const mutant = ALL_MUTANTS.find((other) => other.name === name);
if (mutant === undefined) throw new Error(`no mutant is called ${name}`);

const broken = new Map<string, typeof fileFaults>();

export const createTier: TierModule['createTier'] = (setup) => {
  const tier = mutant.make(setup);
  broken.set(setup.directory, tier instanceof FileTier ? fileFaults : memoryFaults);
  return tier;
};

export const breakStore: TierModule['breakStore'] = (directory) => broken.get(directory)?.breakStore(directory);
export const mendStore: TierModule['mendStore'] = (directory) => broken.get(directory)?.mendStore(directory);
