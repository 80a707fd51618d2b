import { isPromise, type MaybePromise } from '../maybe-promise.ts';
import type { TierStatus } from './cache-tier.ts';

/**
 * new → opening → open → closing → closed, and round again. Opening and closing are idempotent and never overlap:
 * each waits for the one under way. A failed opening leaves the tier closed; the next use tries again.
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
