import {
  type ArgumentKind,
  type CacheEntry,
  type Clock,
  type CredentialCipher,
  type EntryLabels,
  type FieldProblem,
  Kinds,
  type Logger,
  labelProblems,
  type MaybePromise,
  NO_LABELS,
  optional,
  PROXY_SCHEMES,
  type ProxyScheme,
  problemsOfOptions,
  toLabels,
  wholeNumber,
} from '@pw/cache-models';
import type { Merge } from '../../stack/merge.ts';
import { HOOKS, problemsOfPath, refuseProblems } from '../transfer-options.ts';
import type { LimitedRoom } from './batch/eviction-watch.ts';
import { PROXY_FILE_FORMATS, type ProxyFileFormat } from './format/proxy-file-format.ts';
import type { WarmResult } from './import-tally.ts';
import { isIterable } from './input/iterables.ts';
import type { PasswordMac } from './keys/password-mac.ts';

/** Where imported entries go. */
export interface WarmTarget {
  /**
   * Stores what `merge` makes of the entries that are there already under the keys, with nothing in between and without counting
   * an access. Tells in the order of its entries which are stored.
   */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<readonly boolean[]>;
  readonly clock: Clock;
  /** Opens the sealed credentials of an exported file. */
  readonly cipher: CredentialCipher | undefined;
  /** Hears of each problem. Default: nobody does. */
  readonly logger?: Logger | undefined;
  /** There where every tier has a limit: what has to go is told of. */
  readonly room?: LimitedRoom | undefined;
  /** What makes keys that cover a password; rejects where such keys cannot be made. */
  passwordMac?(): Promise<PasswordMac>;
  /** The time to live of an entry from this source, in seconds. */
  ttlFor(source: string): number;
}

/** How far an import is. The counts grow; `bytesRead` of `totalBytes` is the best measure of how much is left. */
export interface WarmProgress extends WarmResult {
  readonly bytesRead: number;
  /** Size of the file; 0 when it is not known, as for a pipe. */
  readonly totalBytes: number;
}

/** What a cache key is made of. */
export const KEY_IDENTITIES = Object.freeze(['url+username', 'url', 'url+credentials'] as const);
export type KeyIdentity = (typeof KEY_IDENTITIES)[number];

export interface WarmOptions {
  /** Time to live of every imported entry, in whole seconds, 0 or more. Default: by source. */
  readonly ttlOverride?: number | undefined;
  /** Scheme of rows that name none. Default `"http"`. */
  readonly defaultScheme?: ProxyScheme | undefined;
  /**
   * Takes a single name in a line of a list without a scheme, such as `squid:3128`, for a host. Default false: it counts as failed,
   * for `Total:402` has the same shape. `localhost` always is a host, and in a URL or a field every name is.
   */
  readonly bareNames?: boolean | undefined;
  /** Source of rows that name none. Default `"warmed"`. */
  readonly defaultSource?: string | undefined;
  /** Default: by the extension, or else by the content. */
  readonly format?: ProxyFileFormat | undefined;
  /**
   * What the key of a row without one covers: URL and username (default), so that ten users of one gateway are ten entries, or
   * the URL alone, as in ProxyWhirl; neither covers a password. `'url+credentials'` covers it too, so that the sessions of a gateway that stand in
   * the password are entries of their own: through an HMAC, with a key that the cache makes once and keeps sealed in its lowest persistent tier. The
   * import then rejects, before it stores anything, with a CacheError of code `CACHE_IDENTITY_KEY_UNAVAILABLE` without a cipher, without a persistent tier that can keep
   * that key, and if no key of the cipher opens it; with a CacheStorageError while a tier is off that may have it. A row without a
   * password gets the key of URL and username.
   */
  readonly keyIdentity?: KeyIdentity | undefined;
  /**
   * Labels of every imported entry, such as `{ kind: 'residential' }`, at most 32. They count more than what a row says of itself, and over an
   * entry that is there they replace its labels of the same names. Default: none.
   */
  readonly labels?: EntryLabels | undefined;
  /** Rows stored at once, 1 to 10,000; other work gets a turn in between. Default 500. */
  readonly batchSize?: number | undefined;
  /**
   * Gives a reason not to take an entry, and its row counts as failed; `undefined` takes it. Credentials in the reason are masked. It
   * answers at once: any other answer, a promise too, ends the import with a CacheValidationError, and what it throws ends it.
   */
  readonly refuse?: ((entry: CacheEntry) => string | undefined) | undefined;
  /**
   * Called after each batch, and once more when the import is aborted. An async one is waited for. What it throws, or rejects with,
   * ends the import; the rows read until then are stored.
   */
  readonly onProgress?: ((progress: WarmProgress) => unknown) | undefined;
  /** Ends the import with the signal's reason, once the rows read until then are stored; they stay. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WarmOptions}, checked and complete. */
export interface WarmSettings extends Pick<WarmOptions, 'ttlOverride' | 'format' | 'refuse' | 'onProgress' | 'signal'> {
  readonly defaultScheme: ProxyScheme;
  readonly bareNames: boolean;
  readonly defaultSource: string;
  readonly keyIdentity: KeyIdentity;
  readonly labels: EntryLabels;
  readonly batchSize: number;
}

/** Time to live of an entry whose source has none of its own. */
export const DEFAULT_TTL_SECONDS = 3600;
const MAX_BATCH = 10_000;
const OPTIONS: Readonly<Record<keyof WarmOptions, ArgumentKind>> = Object.freeze({
  ttlOverride: optional(wholeNumber()),
  defaultScheme: optional(among(PROXY_SCHEMES)),
  bareNames: optional(Kinds.boolean),
  defaultSource: optional(Kinds.text),
  format: optional(among(PROXY_FILE_FORMATS)),
  keyIdentity: optional(among(KEY_IDENTITIES)),
  // What is wrong with them is told label by label.
  labels: { wanted: '', isRight: () => true },
  batchSize: optional(wholeNumber(1, MAX_BATCH)),
  refuse: optional(Kinds.function),
  ...HOOKS,
});
const DEFAULT_BATCH = 500;

/** Fills the defaults. Throws a CacheValidationError that lists every wrong option, and a wrong path. */
export function parseWarmOptions(file: unknown, options: WarmOptions = {}): WarmSettings {
  refuseProblems('import', [
    ...(isIterable(file) ? [] : problemsOfPath(file)),
    ...problemsOfOptions(options, OPTIONS),
    ...problemsOfLabels(options),
  ]);
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
