import type { Writable } from 'node:stream';
import type { Clock } from '@pw/cache-models';

/** A stream to write to; a terminal has a width. */
export type CliStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a run of the command touches outside itself, so that a test can hand in its own. */
export interface CliIo {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  /** What `-` reads in the place of a file: bytes, so without an encoding. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a long command early, in good order, with exit code 1. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}
