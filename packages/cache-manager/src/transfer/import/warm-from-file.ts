import { type CacheEntry, CacheError, CacheErrorCode, CacheValidationError, maskCredentials } from '@pw/cache-models';
import { ignoreRejection } from '@pw/cache-models/tier';
import { abortable } from '../../scheduling/abortable.ts';
import { Yielder } from '../../scheduling/yielder.ts';
import { reportProgress } from '../transfer-options.ts';
import { EvictionWatch } from './batch/eviction-watch.ts';
import { ImportBatch } from './batch/import-batch.ts';
import type { FileItem, FileItems } from './file-item.ts';
import { readProxyFile } from './format/read-proxy-file.ts';
import { MAX_BATCH_BYTES } from './import-limits.ts';
import { ImportTally, type WarmResult } from './import-tally.ts';
import { ByteSource } from './input/byte-source.ts';
import { UnfitFile } from './input/file-kind.ts';
import type { FileOrBytes } from './input/file-or-bytes.ts';
import { RowKeys } from './keys/row-key.ts';
import { MemberNames } from './rows/members/member-names.ts';
import { type RowContext, rowToEntry } from './rows/row-to-entry.ts';
import { UnnamedCells } from './rows/unnamed/unnamed-cells.ts';
import {
  type KeyIdentity,
  parseWarmOptions,
  type WarmOptions,
  type WarmProgress,
  type WarmSettings,
  type WarmTarget,
} from './warm-options.ts';

/**
 * Imports proxies from a file (a regular one, a pipe, a terminal, or bytes in pieces) in batches: JSON Lines, CSV and
 * plain lists of any size in constant memory, JSON documents up to 64 MiB. Takes time proportional to the size,
 * whatever the content, and yields to the event loop every few milliseconds; see `import-limits.ts` for the limits. A
 * bad row never stops the others, and an unreadable file counts as `failed: 1` instead of throwing. An existing entry
 * of the same proxy keeps its health, access counts and credentials (see `mergeExisting`); a row cannot claim the key
 * of another proxy (see `isOwnKey`).
 *
 * Rejects with a CacheValidationError for a wrong path or option, with the errors of `WarmOptions.keyIdentity`, and
 * with the signal's reason. After an abort, the rows read so far are first stored and reported in a last call of
 * `onProgress`.
 */
export async function warmFromFile(target: WarmTarget, file: FileOrBytes, options?: WarmOptions): Promise<WarmResult> {
  const settings = parseWarmOptions(file, options);
  settings.signal?.throwIfAborted();
  const tally = new ImportTally(nameOf(file), target.logger);
  try {
    await warm(target, file, settings, tally);
  } finally {
    tally.end();
  }
  return tally.result;
}

async function warm(target: WarmTarget, file: FileOrBytes, settings: WarmSettings, tally: ImportTally): Promise<void> {
  const keys = await rowKeys(target, settings.keyIdentity);
  let source: ByteSource;
  try {
    source = await ByteSource.open(file, settings.signal);
  } catch (error) {
    settings.signal?.throwIfAborted();
    tally.refuse(
      0,
      'failed',
      `the file cannot be read${error instanceof UnfitFile ? `: ${error.message}` : systemCode(error)}`,
    );
    return;
  }
  try {
    await importRows({ source, path: nameOf(file), target, settings, tally, keys });
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

/** Called before any row is read: if keys cannot be made, the import rejects. */
async function rowKeys(target: WarmTarget, identity: KeyIdentity): Promise<RowKeys> {
  if (identity !== 'url+credentials') return new RowKeys(identity);
  if (target.passwordMac !== undefined) return new RowKeys(identity, await target.passwordMac());
  throw new CacheError('identity key: this cache cannot make keys that cover a password', {
    code: CacheErrorCode.IDENTITY_KEY_UNAVAILABLE,
  });
}

interface Import {
  readonly source: ByteSource;
  readonly path: string;
  readonly target: WarmTarget;
  readonly settings: WarmSettings;
  readonly tally: ImportTally;
  readonly keys: RowKeys;
}

async function importRows({ source, path, target, settings, tally, keys }: Import): Promise<void> {
  const context: RowContext = {
    clock: target.clock,
    cipher: target.cipher,
    ttlOverride: settings.ttlOverride,
    defaultScheme: settings.defaultScheme,
    defaultSource: settings.defaultSource,
    keys,
    labels: settings.labels,
    bareNames: settings.bareNames,
    names: new MemberNames(),
    unnamedCells: new UnnamedCells(),
    ttlFor: (name) => target.ttlFor(name),
  };
  const watch = target.room === undefined ? undefined : new EvictionWatch(target.room, target.clock);
  const batch = new ImportBatch({ target, tally, keys, watch, ttlGiven: settings.ttlOverride !== undefined });
  const yielder = new Yielder();
  let stored = source.bytesRead;
  const isFull = (): boolean => batch.size >= settings.batchSize || source.bytesRead - stored >= MAX_BATCH_BYTES;
  const flush = async (): Promise<void> => {
    stored = source.bytesRead;
    // Storing does not yield, so it gets its own turn of the event loop.
    await yielder.yield();
    await batch.store();
    await reportProgress(settings.onProgress, progressOf(tally, source));
    await yielder.yield();
    settings.signal?.throwIfAborted();
  };
  for await (const items of untilFailure(readProxyFile(source, path, settings), tally, settings.signal)) {
    for (const item of items) {
      if (item !== undefined) take(item, context, settings, batch, tally);
      if (isFull() || settings.signal?.aborted === true) await flush();
      else if (yielder.isDue()) await yielder.yield();
    }
  }
  await flush();
  const evicted = await watch?.problem();
  if (evicted !== undefined) tally.note(0, evicted);
}

function take(
  item: FileItem,
  context: RowContext,
  settings: WarmSettings,
  batch: ImportBatch,
  tally: ImportTally,
): void {
  const result = 'fate' in item ? item : rowToEntry(item.row, context, item.hint);
  if ('fate' in result) {
    tally.refuse(item.line, result.fate, result.reason);
    return;
  }
  const refusal = refusalOf(result.entry, settings);
  if (refusal !== undefined) {
    const { username, password } = result.entry;
    tally.refuse(item.line, 'failed', maskCredentials(refusal, [username, password]));
    return;
  }
  for (const note of result.notes) tally.note(item.line, note);
  batch.add({ line: item.line, entry: result.entry, keySource: result.keySource });
}

function refusalOf(entry: CacheEntry, { refuse }: WarmSettings): string | undefined {
  const answer: unknown = refuse?.(entry);
  if (answer === undefined || typeof answer === 'string') return answer;
  ignoreRejection(answer);
  const problem = { path: 'refuse', message: 'must return a string or undefined synchronously' };
  throw new CacheValidationError(`import: ${problem.path}: ${problem.message}`, { problems: [problem] });
}

/** Ends the reading on a read error and on abort; rows read so far are kept. */
async function* untilFailure(
  groups: AsyncIterable<FileItems>,
  tally: ImportTally,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileItems> {
  const iterator = groups[Symbol.asyncIterator]();
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    let next: IteratorResult<FileItems>;
    try {
      // The next bytes of a pipe may never arrive.
      next = await (signal === undefined ? iterator.next() : abortable(iterator.next(), signal));
    } catch (error) {
      if (!isAborted()) tally.refuse(0, 'failed', `the file cannot be read to the end${systemCode(error)}`);
      return;
    }
    if (next.done === true) return;
    yield next.value;
  }
}

/** The name that determines the format and is logged; empty for bytes. */
function nameOf(file: FileOrBytes): string {
  return typeof file === 'string' ? file : '';
}

function progressOf({ result }: ImportTally, { bytesRead, totalBytes }: ByteSource): WarmProgress {
  return { ...result, bytesRead, totalBytes };
}

function systemCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
