import type { RowFate } from './import-tally.ts';
import type { RowHint } from './rows/row-hint.ts';

/** An unchecked row of a file, or the reason why a part of the file is not a row. */
export type FileItem =
  | { readonly line: number; readonly row: unknown; readonly hint?: RowHint | undefined }
  | { readonly line: number; readonly fate: RowFate; readonly reason: string };

/**
 * The items of a part of a file, found during iteration; iterate it once, and to the end. `undefined` marks a step
 * of work without an item, so that the consumer can yield to the event loop after every step.
 */
export type FileItems = Iterable<FileItem | undefined>;
