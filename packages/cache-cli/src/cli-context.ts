import type { CliIo } from './cli-io.ts';
import { Output } from './output.ts';
import type { Backend } from './store-paths.ts';

/** What every command gets. */
export class CliContext {
  readonly io: CliIo;
  readonly out: Output;
  readonly err: Output;
  /** What the process will exit with. */
  exitCode = 0;

  constructor(io: CliIo) {
    this.io = io;
    this.out = new Output(io.stdout, io.signal);
    this.err = new Output(io.stderr, io.signal);
  }

  now(): number {
    return this.io.clock?.now() ?? Date.now();
  }
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly dir: string;
  readonly backend?: Backend;
  readonly json?: boolean;
}
