import { brandClass, brandOf } from '../brand.ts';

/** Stable within a major version; messages are not. */
export const CacheErrorCode = Object.freeze({
  /** A stored record is damaged: it fails its checksum or cannot be parsed. */
  CORRUPTED: 'CACHE_CORRUPTED',
  /** The store refused an operation: disk full, permission, lock, network. Worth a retry. */
  STORAGE_FAILED: 'CACHE_STORAGE_FAILED',
  /** The caller's value is wrong; the message names the field. */
  VALIDATION_FAILED: 'CACHE_VALIDATION_FAILED',
  /** A configuration is wrong; the message names the member and the bound. */
  CONFIG_INVALID: 'CACHE_CONFIG_INVALID',
  /**
   * A token cannot be opened: wrong or missing key, a damaged token, or one that belongs to another proxy. Nothing is lost; the
   * record stays.
   */
  CREDENTIAL_UNREADABLE: 'CACHE_CREDENTIAL_UNREADABLE',
  /** An encryption key has the wrong format. */
  KEY_INVALID: 'CACHE_KEY_INVALID',
  /**
   * Keys that cover the password cannot be made: the cache has no cipher, no tier that could keep its identity key, or no key that opens
   * the one that is stored. The message says which, and what helps.
   */
  IDENTITY_KEY_UNAVAILABLE: 'CACHE_IDENTITY_KEY_UNAVAILABLE',
  /** A package that the configuration asks for is not installed; the message is the command that installs it. */
  PACKAGE_MISSING: 'CACHE_PACKAGE_MISSING',
  /** This version of Node.js, or this machine, cannot run the tier. */
  RUNTIME_UNSUPPORTED: 'CACHE_RUNTIME_UNSUPPORTED',
  /**
   * A database holds something that would run along with the cache's own statements, or keep them from what they do: a trigger, a view
   * in a table's place. It was left as it is; the message names the object and the remedy.
   */
  SCHEMA_REFUSED: 'CACHE_SCHEMA_REFUSED',
  /** A link, a pipe, a folder that anyone may write to or the like stands where a file or folder of ours belongs; the message names it. */
  UNSAFE_PATH: 'CACHE_UNSAFE_PATH',
  /** A load took longer than its caller's `timeoutMs`. Worth a retry. */
  LOAD_TIMED_OUT: 'CACHE_LOAD_TIMED_OUT',
  /** The cache was closed. */
  CLOSED: 'CACHE_CLOSED',
} as const);
export type CacheErrorCode = (typeof CacheErrorCode)[keyof typeof CacheErrorCode];

export interface CacheErrorOptions {
  /** Stable code; each subclass has its own default. */
  readonly code?: CacheErrorCode | undefined;
  /** Name of the tier concerned. */
  readonly tier?: string | undefined;
  /** What went wrong below. Must not quote stored values: they may hold a secret. */
  readonly cause?: unknown;
}

/** Base of all errors of the cache. Recognise one by `code`, or by `instanceof`, which works across package copies. */
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

/** The store refused an operation; a later try may succeed. */
export class CacheStorageError extends CacheError {
  override readonly name = 'CacheStorageError';
  constructor(message: string, options: CacheErrorOptions = {}) {
    super(message, { code: CacheErrorCode.STORAGE_FAILED, ...checkErrorOptions(options) });
  }
}
brandClass(CacheStorageError, brandOf('CacheStorageError'));

/** One wrong field or member: where it is and what it must be, never what it was. */
export interface FieldProblem {
  /** Dotted path from the value's root, such as `l1Config.maxEntries`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

export interface FieldErrorOptions extends CacheErrorOptions {
  /** All problems at once. */
  readonly problems?: readonly FieldProblem[] | undefined;
}

/** The caller's value is wrong. `problems` lists every wrong field. */
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
 * Why a token is not opened. `unknown`: none of the keys made it, or it was changed since. `elsewhere`: it is bound to another
 * proxy or another role. `refused`: it is bound to none, and the cipher refuses such tokens.
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
  /** `detail` takes the place of the reason's own words. */
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

// Not by the kinds of arguments, whose errors are these.
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
  if (problems !== undefined && !isProblems(problems)) throw wrong('problems', 'must be a list of { path, message }');
  return options;
}

function isProblems(list: unknown): boolean {
  if (!Array.isArray(list)) return false;
  const isProblem = (problem: Partial<FieldProblem> | null | undefined) =>
    typeof problem?.path === 'string' && typeof problem.message === 'string';
  return list.findIndex((problem: Partial<FieldProblem> | null | undefined) => !isProblem(problem)) === -1;
}

function wrong(path: string, message: string): CacheConfigError {
  return new CacheConfigError(`${path}: ${message}`, { problems: [{ path, message }] });
}
