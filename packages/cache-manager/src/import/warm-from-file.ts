import { type CacheEntry, CacheError, CacheErrorCode, CacheValidationError, maskCredentials } from '@pw/cache-models';
import { abortable } from '../scheduling/abortable.ts';
import { ignoreRejection } from '../scheduling/ignore-rejection.ts';
import { Yielder } from '../scheduling/yielder.ts';
import { tell } from '../transfer-options.ts';
import { ByteSource } from './byte-source.ts';
import { NamelessRows } from './csv/nameless-row.ts';
import { EvictionWatch } from './eviction-watch.ts';
import type { FileItem, FileItems } from './file-item.ts';
import { UnfitFile } from './file-kind.ts';
import type { FileOrBytes } from './file-or-bytes.ts';
import { ImportBatch } from './import-batch.ts';
import { MAX_BATCH_BYTES } from './import-limits.ts';
import { ImportTally, type WarmResult } from './import-tally.ts';
import { readProxyFile } from './read-proxy-file.ts';
import { RowKeys } from './row-key.ts';
import { MemberNames } from './rows/member-names.ts';
import { type RowContext, rowToEntry } from './rows/row-to-entry.ts';
import {
  type KeyIdentity,
  parseWarmOptions,
  type WarmOptions,
  type WarmProgress,
  type WarmSettings,
  type WarmTarget,
} from './warm-options.ts';

/**
 * Reads proxies from a file (a regular one, a pipe, a terminal, or its bytes in pieces) into a cache, in batches: JSON Lines, CSV and plain lists of any size in
 * constant memory, JSON documents up to 64 MiB. Time is in proportion to the size, whatever the file holds, and others get their turn after
 * every few milliseconds; see `import-limits.ts` for what is refused as too large. A row that is wrong never stops the rest, and a file that cannot
 * be read is not an error but `failed: 1`. A row over an existing entry of the same proxy keeps its health, access counts and
 * credentials (see `mergeExisting`); a key that belongs to another proxy is not believed (see `isOwnKey`).
 *
 * Throws a CacheValidationError for a path that is none and for a wrong option, what `WarmOptions.keyIdentity` says, and the signal's reason when it is aborted: the rows read until then are stored first,
 * and the last call of `onProgress` tells what became of them.
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

/** Before a row is read: keys that cannot be made refuse the whole import. */
async function rowKeys(target: WarmTarget, identity: KeyIdentity): Promise<RowKeys> {
  if (identity !== 'url+credentials') return new RowKeys(identity);
  if (target.passwordMac !== undefined) return new RowKeys(identity, await target.passwordMac());
  throw new CacheError('identity key: this cache can make no keys that cover a password', {
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
    nameless: new NamelessRows(),
    ttlFor: (name) => target.ttlFor(name),
  };
  const watch = target.room === undefined ? undefined : new EvictionWatch(target.room, target.clock);
  const batch = new ImportBatch({ target, tally, keys, watch, ttlGiven: settings.ttlOverride !== undefined });
  const yielder = new Yielder();
  let stored = source.bytesRead;
  const isFull = (): boolean => batch.size >= settings.batchSize || source.bytesRead - stored >= MAX_BATCH_BYTES;
  const flush = async (): Promise<void> => {
    stored = source.bytesRead;
    // Reading the rows was work for one turn, and storing may never leave the next.
    await yielder.yield();
    await batch.store();
    await tell(settings.onProgress, progressOf(tally, source));
    await yielder.yield();
    settings.signal?.throwIfAborted();
  };
  for await (const items of guarded(readProxyFile(source, path, settings), tally, settings.signal)) {
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
  const problem = { path: 'refuse', message: 'must answer with a string or undefined, at once' };
  throw new CacheValidationError(`import: ${problem.path}: ${problem.message}`, { problems: [problem] });
}

/** A disk that fails in the middle of a file ends the reading, as the signal does; what was read before stays. */
async function* guarded(
  groups: AsyncIterable<FileItems>,
  tally: ImportTally,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileItems> {
  const iterator = groups[Symbol.asyncIterator]();
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    let next: IteratorResult<FileItems>;
    try {
      // The next bytes of a pipe may never come.
      next = await (signal === undefined ? iterator.next() : abortable(iterator.next(), signal));
    } catch (error) {
      if (!isAborted()) tally.refuse(0, 'failed', `the file cannot be read to its end${systemCode(error)}`);
      return;
    }
    if (next.done === true) return;
    yield next.value;
  }
}

/** What tells the format, and is logged; bytes have no name. */
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
