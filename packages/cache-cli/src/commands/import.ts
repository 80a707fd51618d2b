import { basename } from 'node:path';
import type { CacheManager, KeyIdentity, ProxyFileFormat, WarmResult } from '@pw/cache-manager';
import type { CacheEntry, ProxyScheme } from '@pw/cache-models';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { inWords } from '../error-text.ts';
import { formatCount, formatDuration, plural, printable } from '../format.ts';
import type { GivenLabels } from '../label-options.ts';
import { hasKey, openStore, SEAL_REMEDY } from '../open-store.ts';
import { ProgressBar } from '../progress-bar.ts';
import { ProgressEstimate } from '../progress-estimate.ts';
import { INTERRUPTED, interrupted } from '../report-error.ts';

export interface ImportOptions extends GlobalOptions {
  readonly ttl?: number;
  readonly format?: ProxyFileFormat;
  readonly scheme?: ProxyScheme;
  readonly bareNames?: boolean;
  readonly source?: string;
  readonly keyIdentity?: KeyIdentity;
  readonly label?: GivenLabels;
}

type FileResult = WarmResult & { readonly file: string; readonly interrupted?: true };

const NOTHING: WarmResult = { loaded: 0, skipped: 0, failed: 0, problems: [], problemCount: 0 };

const SHOWN_PROBLEMS = 5;
const NO_KEY = 'has credentials, and there is no encryption key to seal them';

/**
 * Reads files into the cache. The exit code is 0 if every row that holds a proxy is stored: rows that hold none are
 * counted as skipped and reported. It is 1 if a file or a row failed, or if not one row of a file that has rows holds a proxy.
 */
export async function importFiles(
  context: CliContext,
  files: readonly string[],
  options: ImportOptions,
): Promise<void> {
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
      `${plural(guard.refused, 'row')} with credentials not imported, for there is no encryption key: ${SEAL_REMEDY}`,
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
  const bar = new ProgressBar(context.err, context.shown(basename(file)), () => context.now());
  const estimate = new ProgressEstimate();
  let last = NOTHING;
  try {
    const result = await cache.warmFromFile(file, {
      ttlOverride: options.ttl,
      format: options.format,
      defaultScheme: options.scheme,
      bareNames: options.bareNames,
      defaultSource: options.source,
      keyIdentity: options.keyIdentity,
      labels: options.label,
      signal: context.io.signal,
      refuse: (entry) => guard.check(entry),
      onProgress: ({ bytesRead, totalBytes, ...counts }) => {
        last = counts;
        bar.update(estimate.fraction({ bytesRead, totalBytes, ...counts }), `${formatCount(counts.loaded)} loaded`);
      },
    });
    return withReasonsInWords(result);
  } catch (error) {
    if (context.io.signal?.aborted !== true || error !== context.io.signal.reason) throw error;
    return { ...withReasonsInWords(last), interrupted: true };
  } finally {
    await bar.clear();
  }
}

function withReasonsInWords(result: WarmResult): WarmResult {
  return { ...result, problems: result.problems.map((problem) => ({ ...problem, reason: inWords(problem.reason) })) };
}

function describeInterruption(context: CliContext, files: readonly string[], results: readonly FileResult[]): string {
  const unread = files.length - results.length;
  const rest = unread === 0 ? '' : ` and ${plural(unread, 'file')} more not at all`;
  return `${interrupted(context.io.signal?.reason)}; what was stored stays: ${context.shown(results.at(-1)!.file)} is read in part${rest}`;
}

async function report(context: CliContext, result: FileResult): Promise<void> {
  const { out, err } = context;
  const { loaded, skipped, failed, problems, problemCount } = result;
  const file = context.shown(result.file);
  await out.line(`${file}: ${formatCount(loaded)} loaded${others({ skipped, failed })}`);
  for (const { line, reason } of problems.slice(0, SHOWN_PROBLEMS)) {
    await err.line(`${file}${line > 0 ? `:${line}` : ''}: ${printable(reason)}`);
  }
  const more = problemCount - Math.min(problems.length, SHOWN_PROBLEMS);
  if (more > 0) await err.line(`${file}: and ${plural(more, 'problem')} more`);
}

async function summarise(
  context: CliContext,
  results: readonly FileResult[],
  { json }: ImportOptions,
  elapsedMs: number,
): Promise<void> {
  const sum = (name: 'loaded' | 'skipped' | 'failed') => results.reduce((total, result) => total + result[name], 0);
  const totals = { loaded: sum('loaded'), skipped: sum('skipped'), failed: sum('failed') };
  const interruption = results.at(-1)?.interrupted ? { interrupted: true } : {};
  const files = results.map((result) => ({ ...result, file: context.masked(result.file) }));
  if (json === true) await context.out.json({ ...totals, elapsedMs, ...interruption, files });
  else
    await context.out.line(`${plural(totals.loaded, 'row')} imported${others(totals)} in ${formatDuration(elapsedMs)}`);
}

function others({ skipped, failed }: Pick<WarmResult, 'skipped' | 'failed'>): string {
  const counts: string[] = [];
  if (skipped > 0) counts.push(`, ${formatCount(skipped)} skipped`);
  if (failed > 0) counts.push(`, ${formatCount(failed)} failed`);
  return counts.join('');
}

function hasFailed({ loaded, skipped, failed }: WarmResult): boolean {
  return failed > 0 || (loaded === 0 && skipped > 0);
}

/** Without a key of its own the cache would seal with a random one, and nothing could open it again. */
class CredentialGuard {
  refused = 0;
  readonly #hasKey: boolean;

  constructor(withKey: boolean) {
    this.#hasKey = withKey;
  }

  check(entry: CacheEntry): string | undefined {
    if (this.#hasKey || !entry.hasCredentials) return undefined;
    this.refused++;
    return NO_KEY;
  }
}
