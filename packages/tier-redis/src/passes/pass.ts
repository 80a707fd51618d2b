import { CacheStorageError } from '@pw/cache-models';

export interface PassOptions {
  readonly tier: string;
  /** The longest time that all steps may take together, in milliseconds. */
  readonly limitMs: number;
  /** A number that changes when the tier is closed. */
  readonly opening: () => number;
}

/**
 * A walk over all names that a server holds, step by step. Only the server knows where it ends, so it has ends of its own: the
 * time that its steps may take together, the end of the tier, and {@link Pass.end}, when nobody waits for it any more. What the
 * caller does between two steps counts for nothing.
 */
export class Pass {
  readonly #options: PassOptions;
  #spent = 0;
  #begunIn: number | undefined;
  #isEnded = false;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** True when nobody waits for it any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** Takes one step, or rejects with a CacheStorageError that says why there is none any more. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    const { limitMs, opening } = this.#options;
    this.#begunIn ??= opening();
    if (this.#isEnded) throw this.#error('was given up by its caller');
    if (opening() !== this.#begunIn) throw this.#error('was ended by close()');
    if (this.#spent >= limitMs)
      throw this.#error(
        `was not over after ${limitMs} ms; raise passTimeoutMs if the server holds that many names, look at the server if not`,
      );
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.#spent += performance.now() - began;
    }
  }

  /** For a server that gives what no pass can go on with. */
  refuse(problem: string): CacheStorageError {
    return this.#error(`was ended: ${problem}`);
  }

  #error(what: string): CacheStorageError {
    const { tier } = this.#options;
    return new CacheStorageError(`${tier}: going through names on the server ${what}`, { tier });
  }
}
