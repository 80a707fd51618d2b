import { isPromise, type MaybePromise } from '../maybe-promise.ts';

/** The state of a tier's lifecycle. A tier opens automatically on first use, also after `close`. */
export type TierStatus = 'new' | 'opening' | 'open' | 'closing' | 'closed';

/**
 * The states of a tier: new → opening → open → closing → closed, and from closed to opening again. Opening and closing
 * are idempotent and never overlap: each waits for the one in progress. If opening fails, the tier is closed, and the
 * next use tries again. Invariant: `#pending` is set while the state is opening or closing in async mode.
 */
export class TierLifecycle {
  readonly #doOpen: () => MaybePromise<void>;
  readonly #doClose: () => MaybePromise<void>;
  #status: TierStatus = 'new';
  #pending: Promise<void> | undefined;

  constructor(doOpen: () => MaybePromise<void>, doClose: () => MaybePromise<void>) {
    this.#doOpen = doOpen;
    this.#doClose = doClose;
  }

  get status(): TierStatus {
    return this.#status;
  }
  get isOpen(): boolean {
    return this.#status === 'open';
  }

  open(): MaybePromise<void> {
    if (this.#status === 'open') return;
    if (this.#status === 'opening') return this.#pending!;
    if (this.#status === 'closing') return this.#pending!.then(() => this.open());
    return this.#move('opening', this.#doOpen, 'open', 'closed');
  }

  close(): MaybePromise<void> {
    if (this.#status === 'closed') return;
    if (this.#status === 'closing') return this.#pending!;
    if (this.#status === 'opening')
      return this.#pending!.then(
        () => this.close(),
        () => {},
      );
    if (this.#status === 'new') {
      this.#status = 'closed';
      return;
    }
    return this.#move('closing', this.#doClose, 'closed', 'closed');
  }

  #move(during: TierStatus, work: () => MaybePromise<void>, after: TierStatus, failed: TierStatus): MaybePromise<void> {
    this.#status = during;
    try {
      const result = work();
      if (!isPromise(result)) {
        this.#status = after;
        return;
      }
      this.#pending = result.then(
        () => {
          this.#status = after;
        },
        (error: unknown) => {
          this.#status = failed;
          throw error;
        },
      );
      return this.#pending;
    } catch (error) {
      this.#status = failed;
      throw error;
    }
  }
}
