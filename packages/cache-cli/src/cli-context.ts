import { type DirectoryChecks, maskCredentials } from '@pw/cache-models';
import { maskedArguments } from './arguments/masked-arguments.ts';
import { printable } from './display/format.ts';
import type { Backend } from './store/store-paths.ts';
import type { CliIo } from './streams/cli-io.ts';
import { Output } from './streams/output.ts';

/** The context of a running command: its streams, clock and exit code. */
export class CliContext {
  readonly io: CliIo;
  readonly out: Output;
  readonly err: Output;
  /** The exit code of the process. */
  exitCode = 0;
  readonly #arguments: ReadonlyMap<string, string>;

  /** `argv` contains the arguments as typed. Credentials in them are masked wherever a message quotes them. */
  constructor(io: CliIo, argv: readonly string[]) {
    this.io = io;
    this.#arguments = maskedArguments(argv);
    this.out = new Output(io.stdout, io.signal);
    this.err = new Output(io.stderr, io.signal);
  }

  /** A string with its credentials masked, including those that the user typed. For JSON output. */
  masked(text: string): string {
    let result = text;
    for (const [argument, mask] of this.#arguments) result = result.replaceAll(argument, () => mask);
    return maskCredentials(result);
  }

  /** Like `masked`, with control characters escaped for a terminal. */
  shown(text: string): string {
    return printable(this.masked(text));
  }

  now(): number {
    return this.io.clock?.now() ?? Date.now();
  }
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly dir: string;
  readonly backend?: Backend;
  readonly directoryChecks?: DirectoryChecks;
  readonly json?: boolean;
}
