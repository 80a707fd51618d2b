import { basename } from 'node:path';
import type { CacheManager, WarmResult } from '@pw/cache-manager';
import { type ImportOptions, importOptions } from '../arguments/import-options.ts';
import type { CliContext } from '../cli-context.ts';
import { formatCount, formatDuration, plural } from '../display/format.ts';
import { hasFailed, otherCounts, totalsOf } from '../display/import-counts.ts';
import { ProgressBar } from '../display/progress-bar.ts';
import { ProgressEstimate } from '../display/progress-estimate.ts';
import { reportProblems, withReasonsDescribed } from '../display/report-problems.ts';
import { CliError } from '../errors/cli-error.ts';
import { INTERRUPTED, interrupted } from '../errors/report-error.ts';
import { CredentialGuard } from '../store/credential-guard.ts';
import { hasKey, openStore, SEAL_REMEDY } from '../store/open-store.ts';
import { inputName, inputOf } from '../streams/standard-streams.ts';
import { previewFiles } from './preview.ts';

type FileResult = WarmResult & { readonly file: string; readonly interrupted?: true };

const NOTHING: WarmResult = { loaded: 0, skipped: 0, failed: 0, problems: [], problemCount: 0 };

/**
 * Imports files into the cache. The exit code is 0 if every row with a proxy is stored; rows without one are counted as
 * skipped and reported. It is 1 if a file or a row failed, or if no row of a file contains a proxy.
 */
export async function importFiles(
  context: CliContext,
  files: readonly string[],
  options: ImportOptions,
): Promise<void> {
  if (options.dryRun === true) return previewFiles(context, files, options);
  const start = context.now();
  const cache = await openStore(context, options, { writes: true });
  const guard = new CredentialGuard(hasKey(context));
  const results: FileResult[] = [];
  try {
    for (const file of files) {
      const result = { file, ...(await importFile(context, cache, file, options, guard)) };
      results.push(result);
      if (options.json !== true) await report(context, result);
      if (result.interrupted) break;
    }
  } finally {
    await cache.close();
  }
  await summarise(context, results, options, context.now() - start);
  if (results.at(-1)?.interrupted) throw new CliError(INTERRUPTED, describeInterruption(context, files, results));
  if (results.some(hasFailed)) context.exitCode = 1;
  if (guard.refused > 0) {
    throw new CliError(
      'KEY_MISSING',
      `${plural(guard.refused, 'row')} with credentials not imported, because there is no encryption key: ${SEAL_REMEDY}`,
    );
  }
}

async function importFile(
  context: CliContext,
  cache: CacheManager,
  file: string,
  options: ImportOptions,
  guard: CredentialGuard,
): Promise<Omit<FileResult, 'file'>> {
  const bar = new ProgressBar(context.err, basename(inputName(context, file)), () => context.now());
  const estimate = new ProgressEstimate();
  let last = NOTHING;
  try {
    const result = await cache.warmFromFile(inputOf(context, file), {
      ...importOptions(options),
      defaultSource: options.source,
      signal: context.io.signal,
      refuse: (entry) => guard.check(entry),
      onProgress: ({ bytesRead, totalBytes, ...counts }) => {
        last = counts;
        bar.update(estimate.fraction({ bytesRead, totalBytes, ...counts }), `${formatCount(counts.loaded)} loaded`);
      },
    });
    return withReasonsDescribed(result);
  } catch (error) {
    if (context.io.signal?.aborted !== true || error !== context.io.signal.reason) throw error;
    return { ...withReasonsDescribed(last), interrupted: true };
  } finally {
    await bar.clear();
  }
}

function describeInterruption(context: CliContext, files: readonly string[], results: readonly FileResult[]): string {
  const unread = files.length - results.length;
  const rest = unread === 0 ? '' : `, and ${plural(unread, 'more file')} not at all`;
  return `${interrupted(context.io.signal?.reason)}; stored rows are kept: ${inputName(context, results.at(-1)!.file)} was imported in part${rest}`;
}

async function report(context: CliContext, result: FileResult): Promise<void> {
  const file = inputName(context, result.file);
  await context.out.line(`${file}: ${formatCount(result.loaded)} loaded${otherCounts(result)}`);
  await reportProblems(context, file, result);
}

async function summarise(
  context: CliContext,
  results: readonly FileResult[],
  { json }: ImportOptions,
  elapsedMs: number,
): Promise<void> {
  const totals = totalsOf(results);
  const interruption = results.at(-1)?.interrupted ? { interrupted: true } : {};
  const files = results.map((result) => ({ ...result, file: context.masked(result.file) }));
  if (json === true) await context.out.json({ ...totals, elapsedMs, ...interruption, files });
  else
    await context.out.line(
      `${plural(totals.loaded, 'row')} imported${otherCounts(totals)} in ${formatDuration(elapsedMs)}`,
    );
}
