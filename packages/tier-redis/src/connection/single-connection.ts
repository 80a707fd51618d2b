import { createClient } from 'redis';
import { SocketGuard } from '../replies/socket-guard.ts';
import { ChangeTracking } from './change-tracking.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { NodeClient, SingleClient } from './server-client.ts';

/** Where a server is: the settings of a client, or an address. */
export type ServerAddress = { readonly url: string } | { readonly client: SingleClient };

/** A deadline of the tier's own is around every command, and a fault makes a new connection. */
const SETTINGS = Object.freeze({
  RESP: 3,
  commandOptions: { timeout: undefined },
  disableOfflineQueue: true,
  emitInvalidate: false,
  maintNotifications: 'disabled',
  pingInterval: undefined,
});

/** A connection to one server, with a client of its own: the one that was handed in is only asked for its settings. */
export class SingleConnection implements Connection {
  readonly #client: SingleClient;
  readonly #guard: SocketGuard;

  constructor(address: ServerAddress, prefix: string, timeoutMs: number, events: ConnectionEvents) {
    const given = 'client' in address ? address.client : (createClient({ url: address.url }) as SingleClient);
    this.#client = given.duplicate({
      ...SETTINGS,
      clientSideCache: new ChangeTracking(prefix, events),
      socket: { ...given.options?.socket, connectTimeout: timeoutMs, reconnectStrategy: false },
    } as never) as SingleClient;
    this.#guard = new SocketGuard(events.refused);
    // Every fault of a client is told by this event too, and ends the process where nobody listens.
    this.#client.on('error', events.broken);
  }

  async connect(): Promise<void> {
    try {
      await this.#guard.run(() => this.#client.connect());
    } finally {
      // There is one socket, for the client makes no second one.
      this.#guard.end();
    }
  }

  send(_name: string, args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand(args);
  }

  async nodes(): Promise<readonly NodeClient[]> {
    return [this.#client];
  }

  destroy(): void {
    // Also where the client has nothing to end, and throws.
    this.#guard.destroy();
    this.#client.destroy();
  }
}
