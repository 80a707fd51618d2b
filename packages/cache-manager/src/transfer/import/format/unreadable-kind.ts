import { binaryKindOf } from './binary-kind.ts';
import { markupKindOf } from './markup-kind.ts';

/** Describes a file of which no row can be read, judged by its beginning; `undefined` for any other file. */
export function unreadableKindOf(head: Buffer): string | undefined {
  return binaryKindOf(head) ?? markupKindOf(head.toString('utf8'));
}
