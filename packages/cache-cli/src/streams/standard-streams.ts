import type { FileOrBytes } from '@pw/cache-manager';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../errors/cli-error.ts';

/** In the place of a file that is read; a file of that name is `./-`. */
export const STDIN = '-';
/** In the place of a file that is written. */
export const STDOUT = '-';

/** What to read for the name of a file. */
export function inputOf({ io }: CliContext, file: string): FileOrBytes {
  if (file !== STDIN) return file;
  if (io.stdin === undefined) throw new CliError('NO_STDIN', 'there is no stdin to read: name a file');
  return io.stdin;
}

/** What the input is called in messages. */
export function inputName(context: CliContext, file: string): string {
  return file === STDIN ? 'stdin' : context.shown(file);
}
