import { CacheValidationError, type FieldProblem } from '@pw/cache-models';
import { type ArgumentKind, Kinds, optional, Problems } from '@pw/cache-models/tier';
import { isIterable } from '../import/input/iterables.ts';
import { parseWarmOptions, WARM_OPTIONS, type WarmOptions } from '../import/warm-options.ts';
import { problemsOfPath } from '../transfer-options.ts';
import type { SyncCounts } from './sync-result.ts';

/**
 * The list: the path of a file, or an iterable of rows as objects (entries too), of lines as strings, or of the bytes
 * of a file. An iterable must yield one kind only.
 */
export type SyncRows = string | Iterable<unknown> | AsyncIterable<unknown>;

/** The progress of a synchronisation. */
export interface SyncProgress extends SyncCounts {
  /** `reading`: the list is being checked, and nothing has changed yet. */
  readonly phase: 'reading' | 'storing' | 'removing';
  /** Bytes of the list read in this phase. */
  readonly bytesRead: number;
  readonly totalBytes: number;
}

/** Options of `syncFrom`: those of an import (`refuse` is called twice for each row), and the following. */
export interface SyncOptions extends Omit<WarmOptions, 'defaultSource' | 'onProgress'> {
  /**
   * Removes entries even if a row failed, the list is empty, or more than half of the source's entries would be
   * removed.
   *
   * @default false
   */
  readonly force?: boolean | undefined;
  /**
   * Called after each batch. An async listener is awaited. If it throws or rejects, the synchronisation ends with that
   * error.
   *
   * @default none
   */
  readonly onProgress?: ((progress: SyncProgress) => unknown) | undefined;
}

/** Validated {@link SyncOptions}; `import` has the options for the import. */
export interface SyncSettings {
  readonly force: boolean;
  readonly batchSize: number;
  readonly onProgress: ((progress: SyncProgress) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly import: Omit<WarmOptions, 'defaultSource' | 'onProgress'>;
}

const SOURCE: ArgumentKind = {
  wanted: 'must be a non-empty string without lone surrogates',
  isRight: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
};
const OPTIONS: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  force: optional(Kinds.boolean),
  ...WARM_OPTIONS,
  defaultSource: Object.freeze({
    wanted: 'is set by the source that is synchronised: leave it out',
    isRight: (value: unknown) => value === undefined,
  }),
});

/** Throws a CacheValidationError that lists every wrong argument and option. */
export function parseSyncOptions(source: unknown, rows: unknown, options: unknown = {}): SyncSettings {
  const problems: FieldProblem[] = SOURCE.isRight(source) ? [] : [{ path: 'source', message: SOURCE.wanted }];
  if (!isIterable(rows)) problems.push(...problemsOfPath(rows).map((problem) => ({ ...problem, path: 'rows' })));
  const settings = checked(() => parseWarmOptions('list', options as WarmOptions, OPTIONS), problems);
  new Problems(problems).throwIfAny('sync');
  const { batchSize, signal } = settings!;
  const { force, onProgress, ...given } = options as SyncOptions;
  return { force: force === true, batchSize, onProgress, signal, import: given };
}

/** Collects the problems of a CacheValidationError instead of throwing it. */
function checked<T>(parse: () => T, problems: FieldProblem[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CacheValidationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
