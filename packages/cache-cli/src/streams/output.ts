import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliStream } from './cli-io.ts';

/** How long an interrupted command waits for a reader to take what was written. */
const GRACE_MS = 500;

/**
 * The way to a stream. A reader that has seen enough (`pw-cache list | head`) closes it: that is no error, and what is
 * written afterwards goes nowhere. What else goes wrong with it, such as a full disk, ends no command either (an import
 * goes on), and is kept as the `failure`.
 */
export class Output {
  readonly #stream: CliStream;
  readonly #signal: AbortSignal | undefined;
  #closed = false;
  #written = false;
  #failure: NodeJS.ErrnoException | undefined;

  /** Once `signal` is aborted nothing waits for a reader any more, but for a moment at the end. */
  constructor(stream: CliStream, signal?: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('error', this.#onError);
    stream.on('close', this.#onClose);
  }

  /** True when nobody reads any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why the stream takes no more, unless its reader went away. Complete after `end()`. */
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

  /** Writes a text, and waits while the reader is behind. */
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

  /** Waits until everything is written, and lets go of the stream. */
  async end(): Promise<void> {
    if (!this.#closed && this.#written) {
      const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
      const patience = this.#patience();
      await Promise.race([written, patience.over]);
      patience.end();
    }
    // The error of a reader that went away may come later still: someone must be there to hear it.
    this.#stream.off('close', this.#onClose);
  }

  /** Over a moment after the interruption; never without one. */
  #patience(): { readonly over: Promise<unknown>; end(): void } {
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
