import { setImmediate } from 'node:timers/promises';
import { CacheError, CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import { reportProgress } from '../transfer-options.ts';
import { AtomicFile } from './atomic-file.ts';
import { exportLine } from './export-line.ts';
import {
  type ExportDestination,
  type ExportOptions,
  type ExportResult,
  type ExportSource,
  parseExportCredentials,
} from './export-options.ts';

/** Lines per write: enough to make a write cheap per line, few enough to yield to the event loop often. */
const GROUP = 256;

/**
 * Writes every entry as one JSON line with all its fields, which an import reads back as equal entries. The file
 * appears complete (mode 0600) or not at all: whatever goes wrong, an existing file is untouched. Plain credentials are
 * encrypted under an in-memory key until the file is complete. A function instead of a path receives the same text in
 * pieces of whole lines.
 *
 * Rejects with a CacheValidationError for a wrong path or option, or if credentials must be sealed and there is no
 * cipher; with a CacheStorageError if the file cannot be written; and with the signal's reason when it is aborted.
 */
export async function exportToFile(
  source: ExportSource,
  destination: ExportDestination,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const run = new ExportRun(source, destination, options);
  options.signal?.throwIfAborted();
  if (typeof destination === 'string') await writeFile(run, destination, options.signal);
  else await run.write({ append: destination });
  return run.result;
}

async function writeFile(run: ExportRun, path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await using file = await AtomicFile.create(path, { concealed: run.isClear });
    await run.write(file);
    await file.commit(signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (error instanceof CacheError || typeof code !== 'string') throw error;
    throw new CacheStorageError(`export: the file cannot be written (${code})`, { cause: error });
  }
}

class ExportRun {
  readonly #source: ExportSource;
  readonly #options: ExportOptions;
  readonly #credentials;
  #exported = 0;
  #failed = 0;

  constructor(source: ExportSource, destination: ExportDestination, options: ExportOptions) {
    this.#source = source;
    this.#options = options;
    this.#credentials = parseExportCredentials(destination, options);
  }

  get result(): ExportResult {
    return { exported: this.#exported, failed: this.#failed };
  }

  /** True if the file will contain readable credentials. */
  get isClear(): boolean {
    return this.#credentials === 'plain';
  }

  async write(file: { append(text: string): unknown }): Promise<void> {
    let lines: string[] = [];
    const flush = async (): Promise<void> => {
      await file.append(lines.join(''));
      this.#exported += lines.length;
      lines = [];
      await reportProgress(this.#options.onProgress, this.result);
      await setImmediate();
      this.#options.signal?.throwIfAborted();
    };
    for await (const entry of this.#source.entries()) {
      try {
        const line = exportLine(entry, this.#credentials, this.#source.cipher);
        if (line === undefined) this.#failed++;
        else lines.push(line);
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        this.#failed++;
      }
      if (lines.length >= GROUP) await flush();
    }
    this.#failed += (await this.#source.unreadable?.()) ?? 0;
    await flush();
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE;
}
