import { EventEmitter } from 'node:events';
import { isPromise, type RemovalReason } from '@pw/cache-models';

/** What a cache tells its listeners; never an entry's secrets, only keys and names. */
export interface CacheEventMap {
  /** An entry was copied up into a tier. */
  promotion: [{ readonly key: string; readonly tier: string }];
  /** An entry had to make room. */
  eviction: [{ readonly key: string; readonly tier: string; readonly reason: RemovalReason }];
  /** A tier is off because of failures. */
  degraded: [{ readonly tier: string }];
  /** It is back, with everything that it missed. */
  recovered: [{ readonly tier: string }];
}

export type CacheEventName = keyof CacheEventMap;
export type CacheEventListener<E extends CacheEventName> = (event: CacheEventMap[E][0]) => void;

/** Emits without cost where nobody listens, and lets no listener's error reach the cache. */
export class CacheEvents {
  readonly #emitter = new EventEmitter<CacheEventMap>();

  /** Adds a listener; returns a function that removes it. */
  on<E extends CacheEventName>(name: E, listener: CacheEventListener<E>): () => void {
    const guarded = ((event: CacheEventMap[E][0]) => {
      try {
        // Typed as void, which an async listener satisfies: its rejection must end here too.
        const answer: unknown = listener(event);
        if (isPromise(answer)) answer.then(undefined, () => {});
      } catch {
        // A listener's fault is its own: the operation that it watches goes on.
      }
    }) as never;
    this.#emitter.on(name, guarded);
    return () => void this.#emitter.off(name, guarded);
  }

  emit<E extends CacheEventName>(name: E, event: CacheEventMap[E][0]): void {
    if (this.#emitter.listenerCount(name) > 0) this.#emitter.emit(name, ...([event] as never));
  }

  removeAll(): void {
    this.#emitter.removeAllListeners();
  }
}
