import { BaseTier, type TierOptions } from '@pw/cache-models';

/** A third-party tier whose operations all throw an error with a secret in its message. */
export class FailingTier extends BaseTier<'sync'> {
  readonly #message: string;

  constructor(options: TierOptions, message: string) {
    super(options, {
      mode: 'sync',
      tierType: 'l2_failing',
    });
    this.#message = message;
  }

  #fail(): never {
    throw Object.assign(new Error(this.#message), {
      code: 'EIO',
      path: this.#message,
      cause: new Error(this.#message),
    });
  }

  protected doGet = (): never => this.#fail();
  protected doPut = (): never => this.#fail();
  protected doDelete = (): never => this.#fail();
  protected doClear = (): never => this.#fail();
  protected doSize = (): never => this.#fail();
  protected doKeys = (): never => this.#fail();
  protected doHas = (): never => this.#fail();
  protected doEntries = (): never => this.#fail();
  protected doCleanupExpired = (): never => this.#fail();
}
