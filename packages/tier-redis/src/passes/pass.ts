import { CacheStorageError } from '@pw/cache-models';

export interface PassOptions {
  readonly tier: string;
  /** The longest total time of all steps, in milliseconds. */
  readonly limitMs: number;
  /** A number that changes when the tier is closed. */
  readonly opening: () => number;
}

/**
 * A walk over all names on a server, in steps. Only the server knows when a `SCAN` is complete, so the walk has limits
 * of its own: it ends when its steps have taken too long in total, when the tier closes, and when the caller abandons
 * it with {@link Pass.end}. Time that the caller spends between two steps does not count.
 */
export class Pass {
  readonly #options: PassOptions;
  #spent = 0;
  #begunIn: number | undefined;
  #isEnded = false;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** True once the caller has abandoned it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** Runs one step, or rejects with a CacheStorageError that states why the pass is over. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    const { limitMs, opening } = this.#options;
    this.#begunIn ??= opening();
    if (this.#isEnded) throw this.#error('was cancelled by its caller');
    if (opening() !== this.#begunIn) throw this.#error('was ended by close()');
    if (this.#spent >= limitMs)
      throw this.#error(
        `did not finish within ${limitMs} ms; raise passTimeoutMs if the server has that many names, or check the server`,
      );
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.#spent += performance.now() - began;
    }
  }

  /** The error for a reply that makes it impossible to continue. */
  refuse(problem: string): CacheStorageError {
    return this.#error(`was stopped: ${problem}`);
  }

  #error(outcome: string): CacheStorageError {
    const { tier } = this.#options;
    return new CacheStorageError(`${tier}: the scan of names on the server ${outcome}`, { tier });
  }
}
