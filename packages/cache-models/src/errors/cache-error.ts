import { brandClass, brandOf } from '../brand.ts';

/** The codes of all errors: stable within a major version, unlike messages. */
export const CacheErrorCode = Object.freeze({
  /** A stored record is damaged: it fails its checksum or cannot be parsed. */
  CORRUPTED: 'CACHE_CORRUPTED',
  /** The store refused an operation: disk full, permission, lock, network. Worth a retry. */
  STORAGE_FAILED: 'CACHE_STORAGE_FAILED',
  /** An argument is wrong; the message names it. */
  VALIDATION_FAILED: 'CACHE_VALIDATION_FAILED',
  /** A configuration is wrong; the message names the member and its bounds. */
  CONFIG_INVALID: 'CACHE_CONFIG_INVALID',
  /**
   * A token cannot be opened: the key is wrong or missing, or the token is damaged or belongs to another proxy. Nothing
   * is lost: the record stays stored.
   */
  CREDENTIAL_UNREADABLE: 'CACHE_CREDENTIAL_UNREADABLE',
  /** An encryption key has the wrong format. */
  KEY_INVALID: 'CACHE_KEY_INVALID',
  /**
   * Keys that cover the password cannot be made: the cache has no cipher, no tier that can keep its identity key, or no
   * key that opens the stored identity key. The message states which, and the remedy.
   */
  IDENTITY_KEY_UNAVAILABLE: 'CACHE_IDENTITY_KEY_UNAVAILABLE',
  /** A package that the configuration needs is not installed; the message contains the command that installs it. */
  PACKAGE_MISSING: 'CACHE_PACKAGE_MISSING',
  /** This version of Node.js, or this machine, cannot run the tier. */
  RUNTIME_UNSUPPORTED: 'CACHE_RUNTIME_UNSUPPORTED',
  /**
   * A database contains an object that would run with, or interfere with, the cache's own statements: a trigger, or a
   * view in place of a table. It was left unchanged; the message names the object and the remedy.
   */
  SCHEMA_REFUSED: 'CACHE_SCHEMA_REFUSED',
  /**
   * The path of a file or folder of the cache is unsafe: a symbolic link, a pipe, a world-writable folder. The message
   * names it.
   */
  UNSAFE_PATH: 'CACHE_UNSAFE_PATH',
  /** A load took longer than its caller's `timeoutMs`. Worth a retry. */
  LOAD_TIMED_OUT: 'CACHE_LOAD_TIMED_OUT',
  /** The cache was closed. */
  CLOSED: 'CACHE_CLOSED',
} as const);
export type CacheErrorCode = (typeof CacheErrorCode)[keyof typeof CacheErrorCode];

export interface CacheErrorOptions {
  /**
   * What went wrong.
   *
   * @default the code of the class
   */
  readonly code?: CacheErrorCode | undefined;
  /**
   * Name of the tier concerned.
   *
   * @default none
   */
  readonly tier?: string | undefined;
  /**
   * The underlying error. Must not quote stored values: they may contain a secret.
   *
   * @default none
   */
  readonly cause?: unknown;
}

/**
 * Base class of all errors of the cache. Identify an error by `code`, or by `instanceof`, which works across copies of
 * this package.
 */
export class CacheError extends Error {
  override readonly name: string = 'CacheError';
  readonly code: CacheErrorCode;
  /** Name of the tier concerned, or `null`. */
  readonly tier: string | null;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;

  constructor(message: string, options: CacheErrorOptions = {}) {
    checkMessage('message', message);
    checkErrorOptions(options);
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? CacheErrorCode.STORAGE_FAILED;
    this.tier = options.tier ?? null;
    this.retryable = this.code === CacheErrorCode.STORAGE_FAILED || this.code === CacheErrorCode.LOAD_TIMED_OUT;
  }
}
brandClass(CacheError, brandOf('CacheError'));

/** A stored record is damaged. */
export class CacheCorruptionError extends CacheError {
  override readonly name = 'CacheCorruptionError';
  constructor(message: string, options: CacheErrorOptions = {}) {
    super(message, { code: CacheErrorCode.CORRUPTED, ...checkErrorOptions(options) });
  }
}
brandClass(CacheCorruptionError, brandOf('CacheCorruptionError'));

/** The store refused an operation; a retry may succeed. */
export class CacheStorageError extends CacheError {
  override readonly name = 'CacheStorageError';
  constructor(message: string, options: CacheErrorOptions = {}) {
    super(message, { code: CacheErrorCode.STORAGE_FAILED, ...checkErrorOptions(options) });
  }
}
brandClass(CacheStorageError, brandOf('CacheStorageError'));

/** One wrong field or member: its path and what it must be, never its value. */
export interface FieldProblem {
  /** Dotted path from the value's root, such as `l1Config.maxEntries`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

export interface FieldErrorOptions extends CacheErrorOptions {
  /** Every problem of the value. Default: none. */
  readonly problems?: readonly FieldProblem[] | undefined;
}

/** An argument is wrong. `problems` lists every wrong field. */
export class CacheValidationError extends CacheError {
  override readonly name = 'CacheValidationError';
  readonly problems: readonly FieldProblem[];
  constructor(message: string, options: FieldErrorOptions = {}) {
    super(message, { code: CacheErrorCode.VALIDATION_FAILED, ...checkErrorOptions(options) });
    this.problems = options.problems ?? [];
  }
}
brandClass(CacheValidationError, brandOf('CacheValidationError'));

/** A configuration is wrong. `problems` lists every wrong member. */
export class CacheConfigError extends CacheError {
  override readonly name = 'CacheConfigError';
  readonly problems: readonly FieldProblem[];
  constructor(message: string, options: FieldErrorOptions = {}) {
    super(message, { code: CacheErrorCode.CONFIG_INVALID, ...checkErrorOptions(options) });
    this.problems = options.problems ?? [];
  }
}
brandClass(CacheConfigError, brandOf('CacheConfigError'));

/**
 * Why a token is not opened. `unknown`: no key made it, or it was changed since. `elsewhere`: it is bound to another
 * proxy or role. `refused`: it is bound to no proxy, and the cipher refuses such tokens.
 */
export type UnreadableReason = 'unknown' | 'elsewhere' | 'refused';

const UNREADABLE: Readonly<Record<UnreadableReason, string>> = Object.freeze({
  unknown: 'no key opens it',
  elsewhere: 'it is bound to another proxy or another field: it was moved here',
  refused: 'it is bound to no proxy, and such tokens are refused (foreignTokens)',
});

/** A stored credential cannot be opened here. The record stays as it is. */
export class CredentialUnreadableError extends CacheError {
  override readonly name = 'CredentialUnreadableError';
  readonly reason: UnreadableReason;
  /** `detail` replaces the default description of the reason in the message. */
  constructor(reason: UnreadableReason, detail?: string) {
    if (typeof reason !== 'string' || !Object.hasOwn(UNREADABLE, reason))
      throw wrong('reason', `must be ${Object.keys(UNREADABLE).join(', ')}`);
    if (detail !== undefined) checkMessage('detail', detail);
    super(`stored credential cannot be opened: ${detail ?? UNREADABLE[reason]}`, {
      code: CacheErrorCode.CREDENTIAL_UNREADABLE,
    });
    this.reason = reason;
  }
}
brandClass(CredentialUnreadableError, brandOf('CredentialUnreadableError'));

// Checked without `checkArgument`, which throws these very errors.
const CODES: ReadonlySet<unknown> = new Set([undefined, ...Object.values(CacheErrorCode)]);
const MEMBERS: ReadonlySet<string> = new Set(['code', 'tier', 'cause', 'problems']);

function checkMessage(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'must be a string');
}

function checkErrorOptions<T extends FieldErrorOptions>(options: T): T {
  if (Object.prototype.toString.call(options) !== '[object Object]') throw wrong('options', 'must be an object');
  for (const name of Object.keys(options)) if (!MEMBERS.has(name)) throw wrong('options', 'has an unknown option');
  const { code, tier, problems } = options;
  if (!CODES.has(code)) throw wrong('code', 'must be one of CacheErrorCode');
  if (tier !== undefined && typeof tier !== 'string') throw wrong('tier', 'must be a string');
  if (problems !== undefined && !isProblemList(problems))
    throw wrong('problems', 'must be a list of { path, message }');
  return options;
}

/** True for a list of `{ path, message }`. */
export function isProblemList(list: unknown): boolean {
  if (!Array.isArray(list)) return false;
  const isProblem = (problem: Partial<FieldProblem> | null | undefined) =>
    typeof problem?.path === 'string' && typeof problem.message === 'string';
  return list.findIndex((problem: Partial<FieldProblem> | null | undefined) => !isProblem(problem)) === -1;
}

function wrong(path: string, message: string): CacheConfigError {
  return new CacheConfigError(`${path}: ${message}`, { problems: [{ path, message }] });
}
