import { type DirectoryChecks, maskCredentials } from '@pw/cache-models';
import { maskedArguments } from './arguments/masked-arguments.ts';
import { printable } from './display/format.ts';
import type { Backend } from './store/store-paths.ts';
import type { CliIo } from './streams/cli-io.ts';
import { Output } from './streams/output.ts';

/** What every command gets. */
export class CliContext {
  readonly io: CliIo;
  readonly out: Output;
  readonly err: Output;
  /** What the process will exit with. */
  exitCode = 0;
  readonly #arguments: ReadonlyMap<string, string>;

  /** `argv`: what was typed; it is shown without the credentials in it. */
  constructor(io: CliIo, argv: readonly string[]) {
    this.io = io;
    this.#arguments = maskedArguments(argv);
    this.out = new Output(io.stdout, io.signal);
    this.err = new Output(io.stderr, io.signal);
  }

  /** A text without credentials, those that were typed among them: for JSON. */
  masked(text: string): string {
    let result = text;
    for (const [argument, mask] of this.#arguments) result = result.replaceAll(argument, () => mask);
    return maskCredentials(result);
  }

  /** The same, safe for a terminal. */
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
