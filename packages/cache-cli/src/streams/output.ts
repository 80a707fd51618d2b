import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliStream } from './cli-io.ts';

/** How long an interrupted command waits for a slow reader. */
const GRACE_MS = 500;

/**
 * Writes to a stream. If the reader closes it (`pw-cache list | head`), that is not an error, and later output is
 * discarded. Any other fault, such as a full disk, is kept as `failure`, but does not stop the command either (an
 * import continues).
 */
export class Output {
  readonly #stream: CliStream;
  readonly #signal: AbortSignal | undefined;
  #closed = false;
  #written = false;
  #failure: NodeJS.ErrnoException | undefined;

  /** Once `signal` is aborted, writes no longer wait for the reader; only `end()` still waits briefly. */
  constructor(stream: CliStream, signal?: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('error', this.#onError);
    stream.on('close', this.#onClose);
  }

  /** True once the reader is gone or the stream has failed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The error of a failed write, unless the reader closed the stream. Final after `end()`. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** True once something was written. */
  get used(): boolean {
    return this.#written;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  /** Writes text, and waits for the reader if the buffer is full. */
  async write(text: string): Promise<void> {
    if (this.#closed || text === '') return;
    this.#written = true;
    if (this.#stream.write(text) || this.#closed || this.#signal?.aborted === true) return;
    const waiting = new AbortController();
    const { signal } = waiting;
    const events = ['drain', 'close', 'error'].map((name) => once(this.#stream, name, { signal }));
    if (this.#signal !== undefined) events.push(once(this.#signal, 'abort', { signal }));
    await Promise.race(events).catch(() => {});
    waiting.abort();
    await Promise.allSettled(events);
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** One JSON document. */
  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, undefined, 2));
  }

  /** Waits until everything is written, then releases the stream. */
  async end(): Promise<void> {
    if (!this.#closed && this.#written) {
      const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
      const grace = this.#grace();
      await Promise.race([written, grace.over]);
      grace.end();
    }
    // The error listener stays: an error may still arrive after the reader has gone, and would end the process.
    this.#stream.off('close', this.#onClose);
  }

  /** Resolves shortly after an interruption, and never without one. */
  #grace(): { readonly over: Promise<unknown>; end(): void } {
    const signal = this.#signal;
    if (signal === undefined) return { over: new Promise(() => {}), end: () => {} };
    const done = new AbortController();
    const options = { signal: done.signal };
    const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort', options);
    const over = Promise.resolve(aborted).then(() => sleep(GRACE_MS, undefined, options));
    over.catch(() => {});
    return { over, end: () => done.abort() };
  }

  readonly #onClose = (): void => {
    this.#closed = true;
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#closed = true;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure ??= error;
  };
}
