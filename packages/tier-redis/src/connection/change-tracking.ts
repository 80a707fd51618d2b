import { BasicPooledClientSideCache, type RedisArgument } from 'redis';
import type { ConnectionEvents } from './connection.ts';

/**
 * Subscribes every connection, as part of its handshake, to changes of names under a prefix. Uses the server's
 * client-side caching in broadcast mode, which needs no key list on the server, with `NOLOOP`, which leaves out the
 * connection's own changes. The client's cache itself is not used; nothing is stored here.
 */
export class ChangeTracking extends BasicPooledClientSideCache {
  readonly #prefix: string;
  readonly #events: ConnectionEvents;

  constructor(prefix: string, events: ConnectionEvents) {
    super({ maxEntries: 1 });
    this.#prefix = prefix;
    this.#events = events;
  }

  override trackingOn(): string[] {
    return ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', this.#prefix, 'NOLOOP'];
  }

  override invalidate(name: RedisArgument | null): void {
    const text = name === null ? null : name.toString();
    // Ignore names outside the prefix: a correct server never sends them.
    if (text === null || text.startsWith(this.#prefix)) this.#events.changed(text);
  }
}
