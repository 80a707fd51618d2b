import { type ArgumentKind, CacheValidationError, type FieldProblem, Kinds, optional } from '@pw/cache-models';
import { isIterable } from '../import/input/iterables.ts';
import { parseWarmOptions, type WarmOptions } from '../import/warm-options.ts';
import { problemsOfPath, refuseProblems } from '../transfer-options.ts';
import type { SyncCounts } from './sync-result.ts';

/**
 * What a source has: the path of a file, rows as objects (entries too), lines as texts, or the bytes of a file in pieces. One iterable holds one
 * kind of them.
 */
export type SyncRows = string | Iterable<unknown> | AsyncIterable<unknown>;

/** How far a synchronisation is. */
export interface SyncProgress extends SyncCounts {
  /** `reading`: the list is checked, and nothing is changed yet. */
  readonly phase: 'reading' | 'storing' | 'removing';
  /** Bytes of the list read in this phase. */
  readonly bytesRead: number;
  readonly totalBytes: number;
}

/** {@link WarmOptions}, of which `refuse` is asked twice about each row, and: */
export interface SyncOptions extends Omit<WarmOptions, 'defaultSource' | 'onProgress'> {
  /** Removes entries also where a row failed, the list is empty, or more than half of the source's entries go. Default false. */
  readonly force?: boolean | undefined;
  /** Called after each batch. An async one is waited for. What it throws, or rejects with, ends the work. */
  readonly onProgress?: ((progress: SyncProgress) => unknown) | undefined;
}

/** {@link SyncOptions}, checked, and those of them that an import takes. */
export interface SyncSettings {
  readonly force: boolean;
  readonly batchSize: number;
  readonly onProgress: ((progress: SyncProgress) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly import: Omit<WarmOptions, 'defaultSource' | 'onProgress'>;
}

const SOURCE: ArgumentKind = {
  wanted: 'must be a non-empty text of whole characters',
  isRight: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
};
const FORCE = optional(Kinds.boolean);

/** Throws a CacheValidationError for a source or rows that are none, and for wrong options. */
export function parseSyncOptions(source: unknown, rows: unknown, options: unknown = {}): SyncSettings {
  const problems: FieldProblem[] = SOURCE.isRight(source) ? [] : [{ path: 'source', message: SOURCE.wanted }];
  if (!isIterable(rows)) problems.push(...problemsOfPath(rows).map((problem) => ({ ...problem, path: 'rows' })));
  if (!Kinds.object.isRight(options)) problems.push({ path: 'options', message: Kinds.object.wanted });
  refuseProblems('sync', problems);
  const { force, ...more } = options as SyncOptions & Pick<WarmOptions, 'defaultSource'>;
  if (!FORCE.isRight(force)) problems.push({ path: 'force', message: FORCE.wanted });
  if ('defaultSource' in more)
    problems.push({ path: 'defaultSource', message: 'is the source that is synchronised; leave it out' });
  const { onProgress, ...given } = more;
  const settings = checked(() => parseWarmOptions('list', more as WarmOptions), problems);
  refuseProblems('sync', problems);
  const { batchSize, signal } = settings!;
  return { force: force === true, batchSize, onProgress, signal, import: given };
}

/** Adds the problems that it throws to the others. */
function checked<T>(parse: () => T, problems: FieldProblem[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CacheValidationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
