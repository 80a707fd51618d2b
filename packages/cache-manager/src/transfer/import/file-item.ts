import type { RowFate } from './import-tally.ts';
import type { RowHint } from './rows/row-hint.ts';

/** What a reader finds in a file: a row, still unchecked, or the reason why there is none. */
export type FileItem =
  | { readonly line: number; readonly row: unknown; readonly hint?: RowHint | undefined }
  | { readonly line: number; readonly fate: RowFate; readonly reason: string };

/**
 * A part of a file. Its items are found while it is walked through, once and to its end; `undefined` stands for a piece of work that found
 * nothing, so that whoever walks can give others a turn after any of them.
 */
export type FileItems = Iterable<FileItem | undefined>;
