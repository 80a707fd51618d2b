import { BasicPooledClientSideCache, type RedisArgument } from 'redis';
import type { ConnectionEvents } from './connection.ts';

/**
 * Asks every connection, as part of its handshake, for the names under a prefix that others change: the server's client-side
 * caching in broadcast mode, without a list of keys on the server and without what the connection itself has changed.
 * The client's own cache is not used: nothing is stored here.
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
    // A server that tells of other names has not been asked for them.
    if (text === null || text.startsWith(this.#prefix)) this.#events.changed(text);
  }
}
