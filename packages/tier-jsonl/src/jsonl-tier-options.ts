import type { DirectoryChecks, TierOptions } from '@pw/cache-models';
import {
  type ArgumentKind,
  DIRECTORY_CHECKS_PROBLEM,
  FileGuard,
  isDirectoryChecks,
  Kinds,
  nullable,
  objectWith,
  oneOf,
  optional,
  problemsOfOptions,
  wholeNumber,
} from '@pw/cache-models/tier';
import { MAX_SHARDS } from './layout/shard-of-key.ts';
import { DEFAULT_LOCK_TIMING, type LockTiming } from './lock/lock-timing.ts';

const SIDE_INDEX_FROM = 1000;

/** With `normal`, an acknowledged put survives the death of the process; with `full`, it also survives a power cut. */
export type Durability = 'normal' | 'full';

export interface JsonlTierOptions extends TierOptions {
  /** Folder of the shard files; created with mode 0700 if it is missing. */
  readonly directory: string;
  /**
   * Number of shard files, 1 to 1000. Default: the number that the directory was created with, else 16. A directory
   * with another number is re-sharded when it is opened.
   */
  readonly numShards?: number | undefined;
  /**
   * `"normal"` or `"full"`, which flushes to disk before a put is acknowledged.
   *
   * @default "normal"
   */
  readonly durability?: Durability | undefined;
  /**
   * `close` writes a side index for each shard with at least this many entries, so that the next opening need not read
   * the shard: 1 or more, `null` for no side index. Reading a smaller shard is as fast. A tier with `maxEntries`
   * writes none.
   *
   * @default 1000
   */
  readonly sideIndexFrom?: number | null | undefined;
  /**
   * What to do if other users of the machine could change the folder or its files; see {@link DirectoryChecks}.
   *
   * @default "warn"
   */
  readonly directoryChecks?: DirectoryChecks | undefined;
  /**
   * Timing of the shard locks; `staleMs` must be the same in all processes that share the directory.
   *
   * @default see {@link LockTiming}
   */
  readonly lock?: Partial<LockTiming> | undefined;
}

/** Validated options with the defaults filled in. */
export interface JsonlTierSettings {
  readonly directory: string;
  readonly numShards: number | undefined;
  readonly durability: Durability;
  /** Infinite for no side index. */
  readonly sideIndexFrom: number;
  readonly guard: FileGuard;
  readonly lock: LockTiming;
}

const LOCK: Readonly<Record<keyof LockTiming, ArgumentKind>> = Object.freeze({
  staleMs: milliseconds(2000),
  updateMs: milliseconds(1000),
  deadlineMs: milliseconds(0),
});

const OPTIONS: Readonly<Record<Exclude<keyof JsonlTierOptions, keyof TierOptions>, ArgumentKind>> = Object.freeze({
  directory: Object.freeze({ wanted: 'must be the path of a folder', isRight: Kinds.path.isRight }),
  numShards: optional(wholeNumber(1, MAX_SHARDS)),
  durability: optional(oneOf(['normal', 'full'])),
  sideIndexFrom: nullable({ wanted: 'must be a number of 1 or more', isRight: (value) => isFrom(value, 1) }),
  directoryChecks: optional({ wanted: DIRECTORY_CHECKS_PROBLEM, isRight: isDirectoryChecks }),
  lock: optional(objectWith(LOCK)),
});

/**
 * Checks for the options that this tier adds to those of every tier. An invalid member of `lock` becomes an option of
 * its own that no value satisfies, so that one error lists all problems.
 */
export function jsonlOptions(options: JsonlTierOptions): Readonly<Record<string, ArgumentKind>> {
  const lock: unknown = (options as JsonlTierOptions | undefined)?.lock;
  const problems = Kinds.object.isRight(lock) ? problemsOfOptions(lock, LOCK) : [];
  const wrong = problems.map(({ path, message }) => [`lock.${path}`, { wanted: message, isRight: () => false }]);
  return { ...OPTIONS, ...(Object.fromEntries(wrong) as Record<string, ArgumentKind>) };
}

/** Fills in the defaults of options that {@link jsonlOptions} has validated. */
export function parseJsonlTierOptions(options: JsonlTierOptions): JsonlTierSettings {
  const { directory, numShards, durability = 'normal', sideIndexFrom = SIDE_INDEX_FROM } = options;
  const { directoryChecks = 'warn', logger, name, lock = {} } = options;
  const guard = new FileGuard({ checks: directoryChecks, logger, tier: name ?? 'JSONL tier' });
  const given = Object.entries(lock).filter(([, value]) => value !== undefined);
  const timing = { ...DEFAULT_LOCK_TIMING, ...(Object.fromEntries(given) as Partial<LockTiming>) };
  return {
    directory,
    numShards,
    durability,
    sideIndexFrom: sideIndexFrom ?? Number.POSITIVE_INFINITY,
    guard,
    lock: timing,
  };
}

function milliseconds(least: number): ArgumentKind {
  return optional({
    wanted: `must be ${least} milliseconds or more`,
    isRight: (value) => isFrom(value, least),
  });
}

function isFrom(value: unknown, least: number): boolean {
  return Number.isFinite(value) && (value as number) >= least;
}
