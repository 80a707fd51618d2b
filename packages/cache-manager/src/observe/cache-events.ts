import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { CacheStatistics, CacheValidationError, RemovalReason } from '@pw/cache-models';
import { ignoreRejection, Kinds, oneOf, Problems } from '@pw/cache-models/tier';

/** The events of a cache. They contain keys and names, never an entry's secrets. */
export interface CacheEventMap {
  /** An entry was copied up into a tier. */
  promotion: [{ readonly key: string; readonly tier: string }];
  /** An entry was removed by a tier, to make room or for another reason. */
  eviction: [{ readonly key: string; readonly tier: string; readonly reason: RemovalReason }];
  /** A tier was taken out of use because of failures. */
  degraded: [{ readonly tier: string }];
  /** A tier is in use again, and everything that it missed was replayed. */
  recovered: [{ readonly tier: string }];
  /** All counts, every `statisticsInterval` seconds while there is a listener. */
  statistics: [CacheStatistics];
}

export type CacheEventName = keyof CacheEventMap;
export type CacheEventListener<E extends CacheEventName> = (event: CacheEventMap[E][0]) => void;

/** Channels of `node:diagnostics_channel` for all caches in the process. A message is the same object as the event. */
const CHANNELS = {
  promotion: channel('@pw/cache-manager:promotion'),
  eviction: channel('@pw/cache-manager:eviction'),
  degraded: channel('@pw/cache-manager:degraded'),
  recovered: channel('@pw/cache-manager:recovered'),
  statistics: channel('@pw/cache-manager:statistics'),
} satisfies Record<CacheEventName, unknown>;

const NAME = oneOf(Object.keys(CHANNELS));

function wrongListener(name: unknown, listener: unknown): CacheValidationError {
  const problems = new Problems();
  problems.check(NAME.isRight(name), 'name', NAME.wanted);
  const event = NAME.isRight(name) ? name : 'eviction';
  const example = `such as on('${event}', (event) => console.log(event))`;
  problems.check(typeof listener === 'function', 'listener', `${Kinds.function.wanted}, ${example}`);
  return problems.toError('on') as CacheValidationError;
}

/** Emits at no cost if there is no listener, and contains the errors of listeners. */
export class CacheEvents {
  readonly #emitter = new EventEmitter<CacheEventMap>();
  readonly #onListeners: (name: CacheEventName, hasListeners: boolean) => void;

  /** `onListeners` is called when an event gets a listener or loses one. */
  constructor(onListeners: (name: CacheEventName, hasListeners: boolean) => void = () => {}) {
    this.#onListeners = onListeners;
    // Any number of listeners is fine: they are released with the cache.
    this.#emitter.setMaxListeners(0);
  }

  /**
   * Adds a listener and returns a function that removes it. Throws a CacheValidationError for an unknown event, or if
   * the listener is not a function.
   */
  on<E extends CacheEventName>(name: E, listener: CacheEventListener<E>): () => void {
    if (!NAME.isRight(name) || typeof listener !== 'function') throw wrongListener(name, listener);
    const guarded = ((event: CacheEventMap[E][0]) => {
      try {
        // Typed as void, but an async listener satisfies that type too.
        ignoreRejection(listener(event));
      } catch {
        // An error in a listener must not affect the operation that it observes.
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
    // Node.js itself reports errors of subscribers; they are not thrown here.
    if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(event);
  }

  removeAll(): void {
    for (const name of this.#emitter.eventNames() as CacheEventName[]) {
      this.#emitter.removeAllListeners(name);
      this.#onListeners(name, false);
    }
  }
}
