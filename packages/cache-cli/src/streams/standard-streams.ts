import type { FileOrBytes } from '@pw/cache-manager';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../errors/cli-error.ts';

/** The name of stdin as an input file. A file of that name is `./-`. */
export const STDIN = '-';
/** The name of stdout as an output file. */
export const STDOUT = '-';

/** The input for a file name. */
export function inputOf({ io }: CliContext, file: string): FileOrBytes {
  if (file !== STDIN) return file;
  if (io.stdin === undefined)
    throw new CliError('NO_STDIN', 'there is no stdin to read from: name a file instead of -');
  return io.stdin;
}

/** The name of the input in messages. */
export function inputName(context: CliContext, file: string): string {
  return file === STDIN ? 'stdin' : context.shown(file);
}
