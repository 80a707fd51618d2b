import type { CacheEntry, CredentialCipher, FieldProblem, MaybePromise } from '@pw/cache-models';
import { type ArgumentKind, optional, Problems, problemsOfOptions } from '@pw/cache-models/tier';
import { HOOKS, problemsOfPath } from '../transfer-options.ts';

/**
 * What an export does with credentials: `sealed` writes them encrypted with the cache's key, `plain` in plain text,
 * `omit` not at all.
 */
export const EXPORT_CREDENTIALS = Object.freeze(['sealed', 'plain', 'omit'] as const);
export type ExportCredentials = (typeof EXPORT_CREDENTIALS)[number];

/**
 * A path, or a function that receives the text in pieces, such as `(text) => process.stdout.write(text)`. An async one
 * is awaited.
 */
export type ExportDestination = string | ((text: string) => unknown);

/** The source of exported entries. */
export interface ExportSource {
  /** Every live entry once; reading them does not count as access. */
  entries(): AsyncIterable<CacheEntry> | Iterable<CacheEntry>;
  readonly cipher: CredentialCipher | undefined;
  /** How many entries could not be read, for example without their key. Called after the last entry. */
  unreadable?(): MaybePromise<number>;
}

export interface ExportProgress {
  readonly exported: number;
  readonly failed: number;
}

export interface ExportOptions {
  /**
   * What happens with credentials; see {@link EXPORT_CREDENTIALS}.
   *
   * @default "sealed"
   */
  readonly credentials?: ExportCredentials | undefined;
  /**
   * Called after each write of a few hundred entries. An async listener is awaited. If it throws or rejects, the export
   * ends with that error and the target file is unchanged.
   *
   * @default none
   */
  readonly onProgress?: ((progress: ExportProgress) => unknown) | undefined;
  /**
   * Ends the export with the signal's reason; the target file is unchanged.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

export interface ExportResult {
  readonly exported: number;
  /**
   * Entries of the cache that are not in the file: their credentials or their record could not be read, or an import
   * would refuse them because they exceed a limit (another program wrote them) or have an invalid URL that may contain
   * a password.
   */
  readonly failed: number;
}

const OPTIONS: Readonly<Record<keyof ExportOptions, ArgumentKind>> = Object.freeze({
  credentials: optional({
    wanted: `must be one of ${EXPORT_CREDENTIALS.join(', ')}`,
    isRight: (value) => EXPORT_CREDENTIALS.includes(value as ExportCredentials),
  }),
  ...HOOKS,
});

/** The credentials mode. Throws a CacheValidationError that lists every problem of the options and the path. */
export function parseExportCredentials(path: unknown, options: ExportOptions): ExportCredentials {
  new Problems([...problemsOfDestination(path), ...problemsOfOptions(options, OPTIONS)]).throwIfAny('export');
  return options.credentials ?? 'sealed';
}

function problemsOfDestination(given: unknown): FieldProblem[] {
  return typeof given === 'function' ? [] : problemsOfPath(given);
}
