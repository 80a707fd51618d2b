import {
  CacheConfigError,
  DIRECTORY_CHECKS_PROBLEM,
  type DirectoryChecks,
  type FieldProblem,
  FileGuard,
  isDirectoryChecks,
  type TierOptions,
} from '@pw/cache-models';
import { DEFAULT_LOCK_TIMING, type LockTiming } from './lock-timing.ts';
import { MAX_SHARDS } from './shard-of-key.ts';

const SIDE_INDEX_FROM = 1000;

/** What a put that returned true outlives: `normal` the process, `full` a power cut too. */
export type Durability = 'normal' | 'full';

export interface JsonlTierOptions extends TierOptions {
  /** Folder of the shard files; made with mode 0700 if it is missing. */
  readonly directory: string;
  /**
   * Number of shard files, 1 to 1000. Default: what the directory was made with, else 16. A directory with another number
   * is re-sharded when it is opened.
   */
  readonly numShards?: number | undefined;
  /** `"normal"` (default) or `"full"`, which flushes to the disk before a put is acknowledged. */
  readonly durability?: Durability | undefined;
  /**
   * Entries of a shard from which on closing leaves a side index, so that the next opening need not read the shard: 1 or more,
   * `Infinity` for none. Default 1000: a smaller shard is read as fast. A tier with `maxEntries` leaves none.
   */
  readonly sideIndexFrom?: number | undefined;
  /** What is done where other users of the machine could change the folder or its files. Default `"warn"`; see {@link DirectoryChecks}. */
  readonly directoryChecks?: DirectoryChecks | undefined;
  /** How the shards are locked; the same in all processes that share the directory. */
  readonly lock?: Partial<LockTiming> | undefined;
}

/** Checked options with the defaults filled in. */
export interface JsonlTierSettings {
  readonly directory: string;
  readonly numShards: number | undefined;
  readonly durability: Durability;
  readonly sideIndexFrom: number;
  readonly guard: FileGuard;
  readonly lock: LockTiming;
}

/** Checks the options. Throws a CacheConfigError that lists all problems. */
export function parseJsonlTierOptions(options: JsonlTierOptions): JsonlTierSettings {
  const {
    directory,
    numShards,
    durability = 'normal',
    sideIndexFrom = SIDE_INDEX_FROM,
    directoryChecks = 'warn',
    logger,
    name,
  } = options;
  const lock = { ...DEFAULT_LOCK_TIMING };
  const problems: FieldProblem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  if (typeof directory !== 'string' || directory === '') wrong('directory', 'must be the path of a folder');
  if (numShards !== undefined && !(Number.isInteger(numShards) && numShards >= 1 && numShards <= MAX_SHARDS))
    wrong('numShards', `must be a whole number from 1 to ${MAX_SHARDS}`);
  if (durability !== 'normal' && durability !== 'full') wrong('durability', 'must be "normal" or "full"');
  if (!isDirectoryChecks(directoryChecks)) wrong('directoryChecks', DIRECTORY_CHECKS_PROBLEM);
  if (!(sideIndexFrom >= 1)) wrong('sideIndexFrom', 'must be 1 or more');
  for (const [name, least] of [
    ['stale', 2000],
    ['update', 1000],
    ['deadline', 0],
  ] as const) {
    const given = options.lock?.[name];
    if (given === undefined) continue;
    if (Number.isFinite(given) && given >= least) lock[name] = given;
    else wrong(`lock.${name}`, `must be ${least} milliseconds or more`);
  }
  if (problems.length === 0) {
    const guard = new FileGuard({ checks: directoryChecks, logger, tier: name ?? 'JSONL tier' });
    return { directory, numShards, durability, sideIndexFrom, guard, lock };
  }
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheConfigError(`JSONL tier: ${list}`, { problems });
}
