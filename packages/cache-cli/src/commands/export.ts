import type { ExportCredentials } from '@pw/cache-manager';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { formatCount, plural, printable } from '../format.ts';
import { OPEN_REMEDY, openStore } from '../open-store.ts';
import { ProgressBar } from '../progress-bar.ts';

export interface ExportFileOptions extends GlobalOptions {
  readonly credentials?: ExportCredentials;
}

/** Writes every entry to a file that an import reads back. */
export async function exportFile(context: CliContext, file: string, options: ExportFileOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const bar = new ProgressBar(context.err, file, () => context.now());
  const run = cache.exportToFile(file, {
    credentials: options.credentials,
    signal: context.io.signal,
    onProgress: ({ exported }) => bar.update(undefined, `${formatCount(exported)} exported`),
  });
  const result = await run.finally(() => bar.clear());
  if (options.json === true) await context.out.json({ file, ...result });
  else
    await context.out.line(
      `${printable(file)}: ${plural(result.exported, 'entry').replace('entrys', 'entries')} exported`,
    );
  if (options.credentials === 'plain') {
    await context.err.line('pw-cache: warning: the file holds credentials in clear');
  }
  if (result.failed === 0) return;
  throw new CliError('KEY_MISSING', `${plural(result.failed, 'record')} could not be read: ${OPEN_REMEDY}`);
}
