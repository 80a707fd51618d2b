import { stat } from 'node:fs/promises';
import { CacheEntry, CacheValidationError, type CredentialCipher } from '@pw/cache-models';
import { ignoreRejection } from '@pw/cache-models/tier';
import { abortable } from '../../scheduling/abortable.ts';
import { Yielder } from '../../scheduling/yielder.ts';
import { exportLine } from '../export/export-line.ts';
import type { FileOrBytes, ProxyFileFormat } from '../import/index.ts';
import { ByteSource } from '../import/input/byte-source.ts';
import { iteratorOf } from '../import/input/iterables.ts';
import type { SyncRows } from './sync-options.ts';

/** A list that can be read twice. */
export interface ListContent {
  readonly file: FileOrBytes;
  /** The format of buffered rows and lines; `undefined` for a file, whose format is detected. */
  readonly format: ProxyFileFormat | undefined;
  readonly totalBytes: number;
  /** True if the content is the same as before. */
  isUnchanged(): Promise<boolean>;
}

/** Limit of a list that is not a regular file, and is therefore buffered in memory. */
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * A regular file is read twice; anything that can be read only once is buffered in memory. Rejects with a
 * CacheValidationError for an iterable of mixed items or of more than 256 MiB, with the error of the iterable, and with
 * the signal's reason.
 */
export async function contentOf(
  rows: SyncRows,
  cipher: CredentialCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<ListContent> {
  if (typeof rows !== 'string') return buffer(rows, cipher, signal);
  const before = await fingerprintOf(rows);
  // A missing path, or one that is not a file, is reported when it is read.
  if (before === undefined || !before.isReadOnce) {
    const state = before?.text;
    return {
      file: rows,
      format: undefined,
      totalBytes: before?.size ?? 0,
      isUnchanged: async () => (await fingerprintOf(rows))?.text === state,
    };
  }
  await using source = await ByteSource.open(rows, signal);
  return await buffer(source.chunks(), cipher, signal);
}

async function fingerprintOf(path: string): Promise<{ text: string; size: number; isReadOnce: boolean } | undefined> {
  try {
    const found = await stat(path);
    const { dev, ino, size, mtimeMs } = found;
    // A character device may be a terminal.
    return { text: [dev, ino, size, mtimeMs].join(), size, isReadOnce: found.isFIFO() || found.isCharacterDevice() };
  } catch {
    return undefined;
  }
}

type Kind = 'bytes' | 'lines' | 'rows';
const FORMATS = { bytes: undefined, lines: 'list', rows: 'jsonl' } as const;

async function buffer(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  cipher: CredentialCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<ListContent> {
  const iterator = iteratorOf(rows);
  const buffered = new BufferedBytes();
  const yielder = new Yielder();
  let kind: Kind | undefined;
  try {
    for (;;) {
      const next = iterator.next();
      const { done, value } = await (signal === undefined ? next : abortable(Promise.resolve(next), signal));
      if (done === true) break;
      kind ??= itemKindOf(value);
      if (kind !== itemKindOf(value)) throw rowsError('must be all objects, all strings or all bytes');
      buffered.add(kind === 'bytes' ? (value as Uint8Array) : lineOf(value, cipher));
      if (yielder.isDue()) await yielder.yield();
    }
  } catch (error) {
    // Not awaited: the iterator may be waiting for an item that never comes.
    ignoreRejection(iterator.return?.(undefined));
    throw error;
  }
  return {
    file: buffered.chunks(),
    format: FORMATS[kind ?? 'lines'],
    totalBytes: buffered.length,
    isUnchanged: () => Promise.resolve(true),
  };
}

function itemKindOf(item: unknown): Kind {
  if (typeof item === 'string') return 'lines';
  return item instanceof Uint8Array ? 'bytes' : 'rows';
}

function lineOf(item: unknown, cipher: CredentialCipher | undefined): string {
  if (typeof item === 'string') return `${item}\n`;
  // An entry that an import would refuse becomes a row that fails.
  if (CacheEntry.isCacheEntry(item)) return exportLine(item, 'plain', cipher) ?? 'null\n';
  try {
    return `${JSON.stringify(item) ?? 'null'}\n`;
  } catch {
    // JSON cannot represent a cycle or a BigInt. The row then fails, because its line is not valid JSON.
    return '{\n';
  }
}

/** Joins many small pieces into few large ones. */
class BufferedBytes {
  length = 0;
  readonly #chunks: Uint8Array[] = [];
  #texts: string[] = [];
  #textLength = 0;

  add(piece: string | Uint8Array): void {
    if (typeof piece === 'string') {
      this.#texts.push(piece);
      this.#textLength += piece.length;
      if (this.#textLength >= CHUNK_BYTES) this.#pack();
    } else this.#keep(Uint8Array.from(piece));
  }

  chunks(): readonly Uint8Array[] {
    this.#pack();
    return this.#chunks;
  }

  #pack(): void {
    if (this.#texts.length > 0) this.#keep(Buffer.from(this.#texts.join('')));
    this.#texts = [];
    this.#textLength = 0;
  }

  #keep(chunk: Uint8Array): void {
    this.length += chunk.length;
    if (this.length > MAX_BUFFERED_BYTES)
      throw rowsError('exceed 256 MiB in total: write them to a file, which may be larger');
    this.#chunks.push(chunk);
  }
}

function rowsError(message: string): CacheValidationError {
  return new CacheValidationError(`sync: rows: ${message}`, { problems: [{ path: 'rows', message }] });
}
