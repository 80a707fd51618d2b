import {
  type ArgumentKind,
  type CacheEntry,
  type CredentialCipher,
  type FieldProblem,
  type MaybePromise,
  optional,
  problemsOfOptions,
} from '@pw/cache-models';
import { HOOKS, problemsOfPath, refuseProblems } from '../transfer-options.ts';

/**
 * What an export does with credentials: `sealed` writes them encrypted with the cache's key, `plain` in clear, `omit` not
 * at all.
 */
export const EXPORT_CREDENTIALS = Object.freeze(['sealed', 'plain', 'omit'] as const);
export type ExportCredentials = (typeof EXPORT_CREDENTIALS)[number];

/** A path, or what takes the text of the file piece by piece, such as `(text) => process.stdout.write(text)`. An async one is waited for. */
export type ExportDestination = string | ((text: string) => unknown);

/** Where exported entries come from. */
export interface ExportSource {
  /** Every live entry once; reading them leaves no trace. */
  entries(): AsyncIterable<CacheEntry> | Iterable<CacheEntry>;
  readonly cipher: CredentialCipher | undefined;
  /** Entries that are there and could not be read, such as for want of a key: asked after the last entry. */
  unreadable?(): MaybePromise<number>;
}

export interface ExportProgress {
  readonly exported: number;
  readonly failed: number;
}

export interface ExportOptions {
  /** Default `"sealed"`. */
  readonly credentials?: ExportCredentials | undefined;
  /**
   * Called after each write, of some hundred entries. An async one is waited for. What it throws, or rejects with, ends the export; the
   * target file is then as it was before.
   */
  readonly onProgress?: ((progress: ExportProgress) => unknown) | undefined;
  /** Ends the export with the signal's reason; the target file is then as it was before. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExportResult {
  readonly exported: number;
  /**
   * Entries that are in the cache and not in the file: their credentials, or their record, could not be read, or an import would refuse them. Those are
   * longer than a cache takes (a tier had them from elsewhere), or their URL is none and may hold a password where nobody can tell it from the rest.
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

/** What is to be done with credentials. Throws a CacheValidationError that lists every wrong option, and a wrong path. */
export function parseExportCredentials(path: unknown, options: ExportOptions): ExportCredentials {
  refuseProblems('export', [...problemsOfDestination(path), ...problemsOfOptions(options, OPTIONS)]);
  return options.credentials ?? 'sealed';
}

function problemsOfDestination(given: unknown): FieldProblem[] {
  return typeof given === 'function' ? [] : problemsOfPath(given);
}
