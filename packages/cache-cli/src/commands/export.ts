import type { CacheManager, ExportCredentials, ExportResult } from '@pw/cache-manager';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatCount, plural } from '../display/format.ts';
import { ProgressBar } from '../display/progress-bar.ts';
import { CliError } from '../errors/cli-error.ts';
import { codeInWords, systemCodeOf } from '../errors/error-text.ts';
import { INTERRUPTED, interrupted } from '../errors/report-error.ts';
import { checkComplete, openStore } from '../store/open-store.ts';
import { describeUnreadable, unreadableCount } from '../store/unreadable-records.ts';
import { STDOUT } from '../streams/standard-streams.ts';

export interface ExportFileOptions extends GlobalOptions {
  readonly credentials: ExportCredentials;
}

const CREDENTIALS_TEXT: Readonly<Record<ExportCredentials, string>> = {
  sealed: '',
  // The file is readable by its owner alone, and whoever says `plain` wants it: a fact to know, and no warning.
  plain: ', credentials in clear',
  omit: ', credentials left out',
};

/** Writes every entry to a file, or to stdout, that an import reads back. The exit code is 1 if any could not be read. */
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
    // What else is written to stdout would be a part of the file.
    await (isStdout ? context.err : context.out).line(text);
  }
  checkComplete(cache, options);
  const problems: string[] = [];
  if (unreadable > 0) problems.push(describeUnreadable(unreadable));
  if (failed > unreadable)
    problems.push(`${plural(failed - unreadable, 'record')} damaged and set aside, or longer than an import takes`);
  if (failed === 0) return;
  throw new CliError(unreadable > 0 ? 'KEY_MISSING' : 'DAMAGED', `not all is exported: ${problems.join('; ')}`);
}

/** Whoever reads stdout has seen enough, or it cannot be written: that ends the work, and is told elsewhere. */
class ReaderGone extends Error {}

async function print({ out }: CliContext, text: string): Promise<void> {
  await out.write(text);
  if (out.closed) throw new ReaderGone();
}

/** `undefined` if stdout took not all of it. */
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
        `${interrupted(error)}; ${isStdout ? 'stdout has only a part of the entries' : `nothing is exported: ${file} is as it was before`}`,
      );
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    throw new CliError('FILE_UNWRITABLE', `${file} cannot be written: ${codeInWords(code)}`);
  } finally {
    await bar.clear();
  }
}
