import type { Writable } from 'node:stream';
import type { Clock } from '@pw/cache-models';

/** An output stream. A terminal also has a width. */
export type CliStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything outside the process that a run of the command uses; a caller or test supplies its own. */
export interface CliIo {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  /** The input that `-` names: bytes, so set no encoding. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a long command early and cleanly, with exit code 1. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}
