import { basename } from 'node:path';
import type { CacheManager, SyncProgress, SyncRefusal, SyncResult } from '@pw/cache-manager';
import { CacheError } from '@pw/cache-models';
import { importOptions, type ListOptions } from '../arguments/import-options.ts';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatCount, formatDuration } from '../display/format.ts';
import { otherCounts } from '../display/import-counts.ts';
import { ProgressBar } from '../display/progress-bar.ts';
import { reportProblems, withReasonsDescribed } from '../display/report-problems.ts';
import { CliError } from '../errors/cli-error.ts';
import { describeCode, systemCodeOf } from '../errors/error-text.ts';
import { INTERRUPTED, interrupted } from '../errors/report-error.ts';
import { CredentialGuard } from '../store/credential-guard.ts';
import { hasKey, openStore, SEAL_REMEDY } from '../store/open-store.ts';
import { inputName, inputOf } from '../streams/standard-streams.ts';

export interface SyncFileOptions extends GlobalOptions, ListOptions {
  readonly force?: boolean;
}

/**
 * Makes the entries of a source match a file. The exit code is 1 if a row failed, or if entries missing from the file
 * were not removed.
 */
export async function syncFile(
  context: CliContext,
  source: string,
  file: string,
  options: SyncFileOptions,
): Promise<void> {
  const start = context.now();
  const guard = new CredentialGuard(hasKey(context));
  let result: SyncResult;
  {
    await using cache = await openStore(context, options, { writes: true });
    result = withReasonsDescribed(await sync(context, cache, source, file, options, guard));
  }
  if (options.json === true) {
    const elapsedMs = context.now() - start;
    await context.out.json({ source: context.masked(source), file: context.masked(file), ...result, elapsedMs });
  } else await report(context, source, file, result, context.now() - start);
  if (result.failed > 0) context.exitCode = 1;
  if (guard.refused > 0)
    throw new CliError(
      'KEY_MISSING',
      `rows with credentials were not stored, because there is no encryption key: ${SEAL_REMEDY}`,
    );
  if (result.refused !== null) throw new CliError('NOT_REMOVED', describe(result.refused));
}

async function sync(
  context: CliContext,
  cache: CacheManager,
  source: string,
  file: string,
  options: SyncFileOptions,
  guard: CredentialGuard,
): Promise<SyncResult> {
  const bar = new ProgressBar(context.err, basename(inputName(context, file)), () => context.now());
  try {
    return await cache.syncFrom(source, inputOf(context, file), {
      ...importOptions(options),
      force: options.force,
      signal: context.io.signal,
      refuse: (entry) => guard.check(entry),
      onProgress: (progress) => bar.update(undefined, describeProgress(progress)),
    });
  } catch (error) {
    if (context.io.signal?.aborted !== true || error !== context.io.signal.reason)
      throw unreadable(context, file, error);
    throw new CliError(
      INTERRUPTED,
      `${interrupted(error)}; changes made so far are kept: run the command again to continue`,
    );
  } finally {
    await bar.clear();
  }
}

/** Names the input in a system error from stdin or a pipe. Errors of the cache are returned unchanged. */
function unreadable(context: CliContext, file: string, error: unknown): unknown {
  const code = error instanceof CacheError ? undefined : systemCodeOf(error);
  if (code === undefined) return error;
  return new CliError('FILE_UNREADABLE', `${inputName(context, file)} cannot be read: ${describeCode(code)}`);
}

function describeProgress({ phase, added, updated, kept, removed }: SyncProgress): string {
  if (phase === 'reading') return 'reading';
  return phase === 'storing' ? `${formatCount(added + updated + kept)} stored` : `${formatCount(removed)} removed`;
}

async function report(
  context: CliContext,
  source: string,
  file: string,
  result: SyncResult,
  elapsedMs: number,
): Promise<void> {
  const counts = (['added', 'updated', 'kept', 'removed'] as const).map(
    (name) => `${formatCount(result[name])} ${name}`,
  );
  await context.out.line(
    `${context.shown(source)}: ${counts.join(', ')}${otherCounts(result)} in ${formatDuration(elapsedMs)}`,
  );
  await reportProblems(context, inputName(context, file), result);
}

function describe({ message, canForce }: SyncRefusal): string {
  return `nothing was removed: ${message}${canForce ? '; if this is intended, run the command again with --force' : ''}`;
}
