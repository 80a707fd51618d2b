import { Writable } from 'node:stream';
import { run } from '../../src/index.ts';

/** A stream that collects its output; a terminal if `columns` is given. */
export class MemoryStream extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 100;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process, with its own streams and environment. */
export async function cli(
  argv: readonly string[],
  env: Record<string, string> = {},
  columns?: number,
  stdin?: AsyncIterable<Uint8Array>,
): Promise<CliRun> {
  const [stdout, stderr] = [new MemoryStream(columns), new MemoryStream(columns)];
  const code = await run(argv, { stdout, stderr, env, stdin });
  return { code, out: stdout.text, err: stderr.text };
}
