import type { CacheManager, ExportCredentials, ExportResult } from '@pw/cache-manager';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatCount, plural } from '../display/format.ts';
import { ProgressBar } from '../display/progress-bar.ts';
import { CliError } from '../errors/cli-error.ts';
import { describeCode, systemCodeOf } from '../errors/error-text.ts';
import { INTERRUPTED, interrupted } from '../errors/report-error.ts';
import { checkComplete, openStore } from '../store/open-store.ts';
import { describeUnreadable, unreadableCount } from '../store/unreadable-records.ts';
import { STDOUT } from '../streams/standard-streams.ts';

export interface ExportFileOptions extends GlobalOptions {
  readonly credentials: ExportCredentials;
}

const CREDENTIALS_TEXT: Readonly<Record<ExportCredentials, string>> = {
  sealed: '',
  // Information, not a warning: the user asked for it, and only the owner can read the file.
  plain: ', credentials in plain text',
  omit: ', credentials left out',
};

/**
 * Writes every entry to a file or stdout, in a format that import reads. The exit code is 1 if any entry could not be
 * read.
 */
export async function exportFile(context: CliContext, file: string, options: ExportFileOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const result = await write(context, cache, file, options.credentials);
  if (result === undefined) return;
  const { exported, failed } = result;
  const unreadable = Math.min(failed, unreadableCount(cache));
  const { credentials } = options;
  if (options.json === true)
    await context.out.json({ file: context.masked(file), credentials, exported, failed, unreadable });
  else {
    const count = plural(exported, 'entry', 'entries');
    const isStdout = file === STDOUT;
    const text = `${isStdout ? 'stdout' : context.shown(file)}: ${count} exported${CREDENTIALS_TEXT[credentials]}`;
    // Anything else on stdout would become part of the export.
    await (isStdout ? context.err : context.out).line(text);
  }
  checkComplete(cache, options);
  const problems: string[] = [];
  if (unreadable > 0) problems.push(describeUnreadable(unreadable));
  if (failed > unreadable)
    problems.push(`${plural(failed - unreadable, 'record')} damaged and quarantined, or too long to be imported again`);
  if (failed === 0) return;
  throw new CliError(unreadable > 0 ? 'KEY_MISSING' : 'DAMAGED', `the export is incomplete: ${problems.join('; ')}`);
}

/** Ends the export when the reader of stdout is gone or stdout has failed; `reportOutput` reports the failure. */
class ReaderGone extends Error {}

async function print({ out }: CliContext, text: string): Promise<void> {
  await out.write(text);
  if (out.closed) throw new ReaderGone();
}

/** `undefined` if stdout did not accept everything. */
async function write(
  context: CliContext,
  cache: CacheManager,
  file: string,
  credentials: ExportCredentials,
): Promise<ExportResult | undefined> {
  const isStdout = file === STDOUT;
  const bar = new ProgressBar(context.err, isStdout ? 'stdout' : context.shown(file), () => context.now());
  try {
    return await cache.exportToFile(isStdout ? (text) => print(context, text) : file, {
      credentials,
      signal: context.io.signal,
      onProgress: ({ exported }) => bar.update(undefined, `${formatCount(exported)} exported`),
    });
  } catch (error) {
    if (error instanceof ReaderGone) return undefined;
    if (context.io.signal?.aborted === true && error === context.io.signal.reason)
      throw new CliError(
        INTERRUPTED,
        `${interrupted(error)}; ${isStdout ? 'stdout has only part of the entries' : `nothing was exported: ${file} is unchanged`}`,
      );
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    throw new CliError('FILE_UNWRITABLE', `${file} cannot be written: ${describeCode(code)}`);
  } finally {
    await bar.clear();
  }
}
