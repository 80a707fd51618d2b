import { binaryKindOf } from './binary-kind.ts';
import { markupKindOf } from './markup-kind.ts';

/** Why no row of a file can be read, where the file as a whole is the cause; by its beginning. `undefined` for a file to read. */
export function unreadableKindOf(head: Buffer): string | undefined {
  return binaryKindOf(head) ?? markupKindOf(head.toString('utf8'));
}
