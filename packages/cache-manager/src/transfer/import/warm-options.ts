import {
  type CacheEntry,
  type Clock,
  type CredentialCipher,
  type EntryLabels,
  type FieldProblem,
  type Logger,
  type MaybePromise,
  NO_LABELS,
  PROXY_SCHEMES,
  type ProxyScheme,
} from '@pw/cache-models';
import {
  type ArgumentKind,
  Kinds,
  labelProblems,
  optional,
  Problems,
  problemsOfOptions,
  toLabels,
  wholeNumber,
} from '@pw/cache-models/tier';
import type { Merge } from '../../stack/merge.ts';
import { HOOKS, problemsOfPath } from '../transfer-options.ts';
import type { LimitedRoom } from './batch/eviction-watch.ts';
import { PROXY_FILE_FORMATS, type ProxyFileFormat } from './format/proxy-file-format.ts';
import type { WarmResult } from './import-tally.ts';
import { isIterable } from './input/iterables.ts';
import type { PasswordMac } from './keys/password-mac.ts';

/** The target of an import. */
export interface WarmTarget {
  /**
   * Atomically replaces the entries of the keys with the result of `merge`, without counting an access. Returns, in the
   * order of the merged entries, which of them were stored.
   */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<readonly boolean[]>;
  readonly clock: Clock;
  /** Opens the sealed credentials of an exported file. */
  readonly cipher: CredentialCipher | undefined;
  /**
   * Receives each problem.
   *
   * @default none
   */
  readonly logger?: Logger | undefined;
  /** Present if every tier has a limit: then evictions during the import are reported. */
  readonly room?: LimitedRoom | undefined;
  /** Makes keys that cover a password; rejects if such keys cannot be made. */
  passwordMac?(): Promise<PasswordMac>;
  /** The time to live of an entry from this source, in seconds. */
  ttlFor(source: string): number;
}

/** The progress of an import. `bytesRead` of `totalBytes` is the best measure of what remains. */
export interface WarmProgress extends WarmResult {
  readonly bytesRead: number;
  /** Size of the file; 0 if unknown, as for a pipe. */
  readonly totalBytes: number;
}

/** The parts of a row that its cache key covers. */
export const KEY_IDENTITIES = Object.freeze(['url+username', 'url', 'url+credentials'] as const);
export type KeyIdentity = (typeof KEY_IDENTITIES)[number];

export interface WarmOptions {
  /**
   * Time to live of every imported entry, in whole seconds, 0 or more.
   *
   * @default by source
   */
  readonly ttlOverride?: number | undefined;
  /**
   * Scheme of rows without one.
   *
   * @default "http"
   */
  readonly defaultScheme?: ProxyScheme | undefined;
  /**
   * Accepts a host without a dot in a list line without a scheme, such as `squid:3128`. Otherwise such a line
   * fails, because `Total:402` looks the same. `localhost` is always accepted, as is any host in a URL or a field.
   *
   * @default false
   */
  readonly bareNames?: boolean | undefined;
  /**
   * Source of rows without one.
   *
   * @default "warmed"
   */
  readonly defaultSource?: string | undefined;
  /**
   * The format of the file.
   *
   * @default detected by the extension, or else by the content
   */
  readonly format?: ProxyFileFormat | undefined;
  /**
   * What the key of a row without its own key covers: URL and username, so that ten users of one gateway are
   * ten entries, or the URL alone, as in ProxyWhirl. `'url+credentials'` also covers the password, so that gateway
   * sessions that are part of the password are separate entries: the key is an HMAC under a secret that the cache
   * creates once and keeps sealed in its lowest persistent tier. A row without a password gets the key of URL and
   * username.
   *
   * If the secret is not available, the import rejects before it stores anything: with a CacheError of code
   * `CACHE_IDENTITY_KEY_UNAVAILABLE` without a cipher, without a persistent tier that can keep the secret, or if no key
   * of the cipher opens it; with a CacheStorageError while a tier that may have it is out of use.
   *
   * @default "url+username"
   */
  readonly keyIdentity?: KeyIdentity | undefined;
  /**
   * Labels of every imported entry, such as `{ kind: 'residential' }`, at most 32. They override labels of the row, and
   * replace those of the same names in an existing entry.
   *
   * @default none
   */
  readonly labels?: EntryLabels | undefined;
  /**
   * Rows per batch, 1 to 10,000; the import yields to the event loop in between.
   *
   * @default 500
   */
  readonly batchSize?: number | undefined;
  /**
   * Returns a reason to refuse an entry, whose row then counts as failed, or `undefined` to accept it. Credentials in
   * the reason are masked. Must be synchronous: any other result, including a promise, ends the import with a
   * CacheValidationError. An error that it throws ends the import.
   *
   * @default accepts every entry
   */
  readonly refuse?: ((entry: CacheEntry) => string | undefined) | undefined;
  /**
   * Called after each batch, and a last time when the import is aborted. An async listener is awaited. If it throws or
   * rejects, the import ends with that error; the rows read so far are stored.
   *
   * @default none
   */
  readonly onProgress?: ((progress: WarmProgress) => unknown) | undefined;
  /**
   * Ends the import with the signal's reason after storing the rows read so far.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Validated {@link WarmOptions} with defaults. */
export interface WarmSettings extends Pick<WarmOptions, 'ttlOverride' | 'format' | 'refuse' | 'onProgress' | 'signal'> {
  readonly defaultScheme: ProxyScheme;
  readonly bareNames: boolean;
  readonly defaultSource: string;
  readonly keyIdentity: KeyIdentity;
  readonly labels: EntryLabels;
  readonly batchSize: number;
}

/** The default time to live of an entry. */
export const DEFAULT_TTL_SECONDS = 3600;
const MAX_BATCH = 10_000;
/** The options of an import, each with its kind. */
export const WARM_OPTIONS: Readonly<Record<keyof WarmOptions, ArgumentKind>> = Object.freeze({
  ttlOverride: optional(wholeNumber()),
  defaultScheme: optional(among(PROXY_SCHEMES)),
  bareNames: optional(Kinds.boolean),
  defaultSource: optional(Kinds.string),
  format: optional(among(PROXY_FILE_FORMATS)),
  keyIdentity: optional(among(KEY_IDENTITIES)),
  // Checked label by label in `problemsOfLabels`.
  labels: { wanted: '', isRight: () => true },
  batchSize: optional(wholeNumber(1, MAX_BATCH)),
  refuse: optional(Kinds.function),
  ...HOOKS,
});
const DEFAULT_BATCH = 500;

/**
 * Applies the defaults. Throws a CacheValidationError that lists every problem of the options and the path.
 * `members` are those of the function that imports: it may have more options.
 */
export function parseWarmOptions(
  file: unknown,
  options: WarmOptions = {},
  members: Readonly<Record<string, ArgumentKind>> = WARM_OPTIONS,
): WarmSettings {
  new Problems([
    ...(isIterable(file) ? [] : problemsOfPath(file)),
    ...problemsOfOptions(options, members),
    ...problemsOfLabels(options),
  ]).throwIfAny('import');
  const { ttlOverride, format, defaultScheme = 'http', defaultSource = 'warmed' } = options;
  const { bareNames = false, keyIdentity = 'url+username', labels = NO_LABELS, batchSize = DEFAULT_BATCH } = options;
  const { refuse, onProgress, signal } = options;
  return {
    ttlOverride,
    format,
    defaultScheme,
    bareNames,
    defaultSource,
    keyIdentity,
    labels: toLabels(labels),
    batchSize,
    refuse,
    onProgress,
    signal,
  };
}

function problemsOfLabels(options: unknown): FieldProblem[] {
  const labels = (options as WarmOptions | null | undefined)?.labels;
  if (labels === undefined) return [];
  return labelProblems(labels).map(({ path, message }) => ({
    path: path === '' ? 'labels' : `labels.${path}`,
    message,
  }));
}

function among(choices: readonly string[]): ArgumentKind {
  return { wanted: `must be one of ${choices.join(', ')}`, isRight: (value) => choices.includes(value as string) };
}
