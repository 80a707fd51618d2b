import type { CacheTier } from '@pw/cache-models';
import type { ConformanceSubject, TierSetup } from '../../src/index.ts';
import type { FileMarks, FileMarksContext } from '../tiers/file/file-marks.ts';
import type { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';

/** A check of the kit, by its group and name. */
export interface CheckName {
  readonly group: string;
  readonly name: string;
}

/** A correct tier with one bug planted in it. */
export interface Mutant {
  readonly name: string;
  /** One sentence: what the tier does wrong. */
  readonly bug: string;
  /** The correct tier in which the bug is planted. */
  readonly base: string;
  /** The check that must catch it: its name states the behaviour that is broken. */
  readonly caughtBy: CheckName;
  readonly subject: Partial<ConformanceSubject>;
  readonly make: (setup: TierSetup) => CacheTier;
}

type Made<T> = new (setup: TierSetup) => T;
type Catcher = readonly [group: string, name: string];

/** A bug in a tier: `Tier` extends a correct one. */
export function plant(
  name: string,
  bug: string,
  [group, check]: Catcher,
  Tier: Made<CacheTier>,
  subject: Partial<ConformanceSubject> = {},
): Mutant {
  const base: string = Object.getPrototypeOf(Tier).name;
  return { name, bug, base, caughtBy: { group, name: check }, subject, make: (setup) => new Tier(setup) };
}

/** A bug in how a {@link FileTier} reads and writes its file. */
export function plantInTable(name: string, bug: string, [group, check]: Catcher, Table: Made<FileTable>): Mutant {
  const make = (setup: TierSetup): CacheTier => new FileTier(setup, new Table(setup));
  return { name, bug, base: 'FileTier', caughtBy: { group, name: check }, subject: {}, make };
}

/** A correct tier with other marks. */
export function withMarks(Marks: new (context: FileMarksContext) => FileMarks): new (setup: TierSetup) => FileTier {
  return class extends FileTier {
    protected override makeMarks(context: FileMarksContext): FileMarks {
      return new Marks(context);
    }
  };
}
