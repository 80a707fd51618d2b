import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { type CacheStatistics, checkArgument, isPromise, Kinds, oneOf, type RemovalReason } from '@pw/cache-models';

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
  /** The counts, every `statisticsInterval` seconds while somebody listens. */
  statistics: [CacheStatistics];
}

export type CacheEventName = keyof CacheEventMap;
export type CacheEventListener<E extends CacheEventName> = (event: CacheEventMap[E][0]) => void;

/** The channels of `node:diagnostics_channel`: they tell of every cache in the process, each message as a listener gets it. */
const CHANNELS = {
  promotion: channel('@pw/cache-manager:promotion'),
  eviction: channel('@pw/cache-manager:eviction'),
  degraded: channel('@pw/cache-manager:degraded'),
  recovered: channel('@pw/cache-manager:recovered'),
  statistics: channel('@pw/cache-manager:statistics'),
} satisfies Record<CacheEventName, unknown>;

const NAME = oneOf(Object.keys(CHANNELS));

/** Emits without cost where nobody listens, and lets no listener's error reach the cache. */
export class CacheEvents {
  readonly #emitter = new EventEmitter<CacheEventMap>();
  readonly #onListeners: (name: CacheEventName, some: boolean) => void;

  /** `onListeners` is told whether anybody listens to an event now. */
  constructor(onListeners: (name: CacheEventName, some: boolean) => void = () => {}) {
    this.#onListeners = onListeners;
    // However many listen, it is no leak: they go with the cache.
    this.#emitter.setMaxListeners(0);
  }

  /** Adds a listener; returns a function that removes it. Throws a CacheValidationError for an event that there is not, and for what is no function. */
  on<E extends CacheEventName>(name: E, listener: CacheEventListener<E>): () => void {
    checkArgument('name', name, NAME);
    checkArgument('listener', listener, Kinds.function);
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
    this.#onListeners(name, true);
    return () => {
      this.#emitter.off(name, guarded);
      this.#onListeners(name, this.#emitter.listenerCount(name) > 0);
    };
  }

  emit<E extends CacheEventName>(name: E, event: CacheEventMap[E][0]): void {
    if (this.#emitter.listenerCount(name) > 0) this.#emitter.emit(name, ...([event] as never));
    // A subscriber that throws is reported by Node.js itself, as of any channel; nothing of it comes back here.
    if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(event);
  }

  removeAll(): void {
    for (const name of this.#emitter.eventNames() as CacheEventName[]) {
      this.#emitter.removeAllListeners(name);
      this.#onListeners(name, false);
    }
  }
}
