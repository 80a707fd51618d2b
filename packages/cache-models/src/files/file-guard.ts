import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { type ArgumentKind, Kinds, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { errorCode } from '../errors/error-code.ts';
import { calmLogger, type Logger, silentLogger } from '../logger.ts';
import { DIRECTORY_CHECKS, type DirectoryChecks } from './directory-checks.ts';
import { unsafePath } from './unsafe-path.ts';

const { O_DIRECTORY = 0, O_NONBLOCK = 0, O_RDONLY } = constants;
const ANYONE_WRITES = 0o002;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

export interface FileGuardOptions {
  /** What happens to doubtful paths. Default `"warn"`. */
  readonly checks?: DirectoryChecks | undefined;
  /** Receives the warnings. Default: logs nothing. */
  readonly logger?: Logger | undefined;
  /** Name of the tier, for errors and warnings. Default: none. */
  readonly tier?: string | undefined;
  /**
   * The user id that counts as the owner. Default: the effective user of the process. On a system without user ids
   * nothing is checked.
   */
  readonly userId?: number | undefined;
}

const OPTIONS: Readonly<Record<keyof FileGuardOptions, ArgumentKind>> = Object.freeze({
  checks: optional(oneOf(DIRECTORY_CHECKS)),
  logger: optional(Kinds.logger),
  tier: optional(Kinds.string),
  userId: optional(wholeNumber(0)),
});
const STATS: ArgumentKind = Object.freeze({
  wanted: 'must be the result of fstat',
  isRight: (value: unknown) => typeof value === 'object' && value !== null && 'nlink' in value && 'uid' in value,
});

/**
 * Checks whether other users of the machine could change a folder or file while the cache uses it; {@link
 * DirectoryChecks} determines what happens then. Warns once per path. Never changes the mode of an existing folder,
 * which its owner may have chosen on purpose.
 *
 * @example
 * ```ts
 * const guard = new FileGuard({ checks: 'strict', tier: 'l2' });
 * guard.checkDirectory('/var/cache/proxies');
 * ```
 */
export class FileGuard {
  readonly #checks: DirectoryChecks;
  readonly #logger: Logger;
  readonly #tier: string | undefined;
  readonly #userId: number | undefined;
  readonly #warned = new Set<string>();

  /** Throws a CacheConfigError for a wrong option. */
  constructor(options: FileGuardOptions = {}) {
    checkOptionsObject(options, OPTIONS, { what: 'FileGuard', error: CacheConfigError });
    const { checks = 'warn', logger = silentLogger, tier, userId = process.geteuid?.() } = options;
    this.#checks = checks;
    this.#logger = calmLogger(logger);
    this.#tier = tier;
    this.#userId = userId;
  }

  /**
   * Checks an existing folder, by its descriptor. Throws a CacheStorageError with code `CACHE_UNSAFE_PATH` if it is
   * refused, or the system's error.
   */
  checkDirectory(path: string): void {
    checkArgument('path', path, Kinds.path);
    if (this.#checks === 'off' || this.#userId === undefined) return;
    this.#checkLinkedDirectory(path);
    const found = directoryState(path);
    if ((found.mode & ANYONE_WRITES) !== 0 && (found.mode & STICKY) === 0)
      throw this.#refused(
        path,
        'directory',
        'anyone may replace files in it; "chmod o-w" it, or use a folder inside it',
      );
    const doubts = this.#doubtAbout(found);
    if (doubts !== undefined) this.#warnOrRefuse(path, 'directory', `${doubts}; they may replace files in it`);
  }

  /**
   * A symbolic link of this user or root is trusted; one of another user could lead to a folder of ours that is not
   * meant for the cache.
   */
  #checkLinkedDirectory(path: string): void {
    const found = lstatSync(path);
    if (found.isSymbolicLink() && !this.#isTrusted(found.uid))
      throw this.#refused(path, 'directory', 'is a symbolic link of another user; use the path of the folder itself');
  }

  /**
   * Checks the hard links of an open file by its `fstat` result. `what` names the file in the message, such as `shard`.
   * Throws a CacheStorageError with code `CACHE_UNSAFE_PATH` if it is refused.
   */
  checkLinks(path: string, what: string, stats: Stats): void {
    checkArgument('path', path, Kinds.string);
    checkArgument('what', what, Kinds.string);
    checkArgument('stats', stats, STATS);
    if (stats.nlink <= 1 || this.#checks === 'off' || this.#userId === undefined) return;
    const problem = 'has more than one hard link, so it can be changed under another name';
    const remedy = '; replace it with a copy';
    if (!this.#isTrusted(stats.uid))
      throw this.#refused(path, what, `${problem}, and belongs to another user${remedy}`);
    this.#warnOrRefuse(path, what, `${problem}${remedy}`);
  }

  #doubtAbout({ mode, uid }: Stats): string | undefined {
    if (!this.#isTrusted(uid)) return `it belongs to user ${uid}`;
    if ((mode & ANYONE_WRITES) !== 0) return 'anyone may add files to it';
    return (mode & GROUP_WRITES) === 0 ? undefined : 'its group may write to it';
  }

  /** Root is trusted because it can change everything anyway. */
  #isTrusted(uid: number): boolean {
    return uid === this.#userId || uid === 0;
  }

  #warnOrRefuse(path: string, what: string, problem: string): void {
    if (this.#checks === 'strict') throw this.#refused(path, what, problem);
    if (this.#warned.has(path)) return;
    this.#warned.add(path);
    this.#logger.warn({ tier: this.#tier ?? null, path }, `${what}: ${problem} (directoryChecks)`);
  }

  #refused(path: string, what: string, problem: string): Error {
    return unsafePath({ path, what, problem: `${problem} (directoryChecks)`, tier: this.#tier });
  }
}

/** By descriptor if the folder can be read; a folder that may only be traversed is checked by name. */
function directoryState(path: string): Stats {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'EACCES') return statSync(path);
    throw error;
  }
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}
