import { stat } from 'node:fs/promises';
import { CacheEntry, CacheValidationError, type CredentialCipher } from '@pw/cache-models';
import { exportLine } from '../export/export-line.ts';
import { ByteSource } from '../import/byte-source.ts';
import type { FileOrBytes, ProxyFileFormat } from '../import/index.ts';
import { iteratorOf } from '../import/iterator-of.ts';
import { abortable } from '../scheduling/abortable.ts';
import { ignoreRejection } from '../scheduling/ignore-rejection.ts';
import { Yielder } from '../scheduling/yielder.ts';
import type { SyncRows } from './sync-options.ts';

/** A list that can be read more than once. */
export interface ListContent {
  readonly file: FileOrBytes;
  /** What rows and lines are written as; `undefined` for a file, which may be of any kind. */
  readonly format: ProxyFileFormat | undefined;
  readonly totalBytes: number;
  /** True if it is still what it was. */
  isUnchanged(): Promise<boolean>;
}

/** Most bytes of a list that is no regular file: they are in memory while it is worked on. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * A regular file is read again where it is; what can be read only once is held in memory. Throws a CacheValidationError for an iterable of
 * several kinds of items, or of more than 256 MiB, what the iterable throws, and the signal's reason.
 */
export async function contentOf(
  rows: SyncRows,
  cipher: CredentialCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<ListContent> {
  if (typeof rows !== 'string') return hold(rows, cipher, signal);
  const before = await stateOf(rows);
  // Of what is not there, or no file at all, whoever reads it says so.
  if (before === undefined || !before.mayBeOnce) {
    const state = before?.text;
    return {
      file: rows,
      format: undefined,
      totalBytes: before?.size ?? 0,
      isUnchanged: async () => (await stateOf(rows))?.text === state,
    };
  }
  await using source = await ByteSource.open(rows, signal);
  return await hold(source.chunks(), cipher, signal);
}

async function stateOf(path: string): Promise<{ text: string; size: number; mayBeOnce: boolean } | undefined> {
  try {
    const found = await stat(path);
    const { dev, ino, size, mtimeMs } = found;
    // A device may be a terminal.
    return { text: [dev, ino, size, mtimeMs].join(), size, mayBeOnce: found.isFIFO() || found.isCharacterDevice() };
  } catch {
    return undefined;
  }
}

type Kind = 'bytes' | 'lines' | 'rows';
const FORMATS = { bytes: undefined, lines: 'list', rows: 'jsonl' } as const;

async function hold(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  cipher: CredentialCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<ListContent> {
  const iterator = iteratorOf(rows);
  const held = new HeldBytes();
  const yielder = new Yielder();
  let kind: Kind | undefined;
  try {
    for (;;) {
      const next = iterator.next();
      const { done, value } = await (signal === undefined ? next : abortable(Promise.resolve(next), signal));
      if (done === true) break;
      kind ??= kindOf(value);
      if (kind !== kindOf(value)) throw wrong('must be all objects, all lines or all bytes');
      held.add(kind === 'bytes' ? (value as Uint8Array) : lineOf(value, cipher));
      if (yielder.isDue()) await yielder.yield();
    }
  } catch (error) {
    // It may be waiting for an item that never comes.
    ignoreRejection(iterator.return?.(undefined));
    throw error;
  }
  return {
    file: held.chunks(),
    format: FORMATS[kind ?? 'lines'],
    totalBytes: held.length,
    isUnchanged: () => Promise.resolve(true),
  };
}

function kindOf(item: unknown): Kind {
  if (typeof item === 'string') return 'lines';
  return item instanceof Uint8Array ? 'bytes' : 'rows';
}

function lineOf(item: unknown, cipher: CredentialCipher | undefined): string {
  if (typeof item === 'string') return `${item}\n`;
  // One that no import takes is a row that fails.
  if (CacheEntry.isCacheEntry(item)) return exportLine(item, 'plain', cipher) ?? 'null\n';
  try {
    return `${JSON.stringify(item) ?? 'null'}\n`;
  } catch {
    // A cycle, or a number that JSON does not have: no JSON, as the reader of the line says.
    return '{\n';
  }
}

/** Many small pieces as few large ones. */
class HeldBytes {
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
    if (this.length > MAX_HELD_BYTES) throw wrong('hold more than 256 MiB: write them to a file, which may be larger');
    this.#chunks.push(chunk);
  }
}

function wrong(message: string): CacheValidationError {
  return new CacheValidationError(`sync: rows: ${message}`, { problems: [{ path: 'rows', message }] });
}
