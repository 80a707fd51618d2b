import type { RowFate } from './import-tally.ts';

/** What a reader finds in a file: a row, still unchecked, or the reason why there is none. */
export type FileItem =
  | { readonly line: number; readonly row: unknown }
  | { readonly line: number; readonly fate: RowFate; readonly reason: string };
