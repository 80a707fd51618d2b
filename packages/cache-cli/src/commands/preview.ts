import { CredentialEncryptor } from '@pw/cache-crypto';
import { type FilePreview, previewFile } from '@pw/cache-manager';
import type { CacheEntry } from '@pw/cache-models';
import { labelTexts } from '@pw/cache-models/tier';
import { type ImportOptions, importOptions } from '../arguments/import-options.ts';
import type { CliContext } from '../cli-context.ts';
import { formatCount, formatTable, plural, printable } from '../display/format.ts';
import { hasFailed, otherCounts, totalsOf } from '../display/import-counts.ts';
import { reportProblems, withReasonsDescribed } from '../display/report-problems.ts';
import { CliError } from '../errors/cli-error.ts';
import { hasKey, SEAL_REMEDY } from '../store/open-store.ts';
import { inputName, inputOf } from '../streams/standard-streams.ts';

/** Entries shown per file. */
const MAX_SHOWN = 10;

type Preview = FilePreview & { readonly file: string };

/**
 * Shows how an import would parse files: the first proxies, with their credentials masked, and the counts. Neither
 * opens nor creates a cache. The exit code is that of the import.
 */
export async function previewFiles(
  context: CliContext,
  files: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const cipher = hasKey(context) ? new CredentialEncryptor({ env: { ...context.io.env } }) : undefined;
  const previews: Preview[] = [];
  let unsealed = 0;
  for (const file of files) {
    const found = await previewFile(inputOf(context, file), {
      ...importOptions(options),
      defaultSource: options.source,
      cipher,
      clock: context.io.clock,
      limit: MAX_SHOWN,
      signal: context.io.signal,
      refuse: ({ hasCredentials }) => {
        if (cipher === undefined && hasCredentials) unsealed++;
        return undefined;
      },
    });
    const preview = { file, ...withReasonsDescribed(found) };
    previews.push(preview);
    if (options.json !== true) await show(context, preview);
  }
  const totals = totalsOf(previews);
  if (options.json === true)
    await context.out.json({ dryRun: true, ...totals, files: previews.map((each) => toJson(context, each)) });
  else
    await context.out.line(
      `${plural(totals.loaded, 'row')} would be imported${otherCounts(totals)}; nothing was stored`,
    );
  if (previews.some(hasFailed)) context.exitCode = 1;
  if (unsealed === 0) return;
  const rows = plural(unsealed, 'row');
  throw new CliError(
    'KEY_MISSING',
    `${rows} with credentials would not be imported, because there is no encryption key: ${SEAL_REMEDY}`,
  );
}

async function show(context: CliContext, preview: Preview): Promise<void> {
  const file = inputName(context, preview.file);
  await context.out.line(`${file}: ${formatCount(preview.loaded)} would be loaded${otherCounts(preview)}`);
  if (preview.entries.length > 0)
    await context.out.write(formatTable(['URL', 'USERNAME', 'PASSWORD', 'LABELS'], preview.entries.map(cellsOf)));
  await reportProblems(context, file, preview);
}

function cellsOf(entry: CacheEntry): string[] {
  const { proxyUrl, username, password, labels } = entry.toJSON();
  return [proxyUrl, username ?? '-', password ?? '-', labelTexts(labels).join(', ') || '-'].map(printable);
}

function toJson(context: CliContext, { file, entries, ...counts }: Preview) {
  return { file: context.masked(file), ...counts, entries: entries.map((entry) => entry.toJSON()) };
}
