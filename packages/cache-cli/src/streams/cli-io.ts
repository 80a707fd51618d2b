import type { Writable } from 'node:stream';
import type { Clock } from '@pw/cache-models';

/** An output stream. A terminal also has a width. */
export type CliStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything outside the process that a run of the command uses; a caller or test supplies its own. */
export interface CliIo {
  /** Receives the results. */
  readonly stdout: CliStream;
  /** Receives errors, warnings and progress. */
  readonly stderr: CliStream;
  /**
   * The input that `-` names: bytes, so set no encoding.
   *
   * @default none: `-` is then refused
   */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Environment variables: the encryption keys, `NO_COLOR` and the like. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Ends a long command early and cleanly, with exit code 1.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Tells the time.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
}
