import { createClient } from 'redis';
import { SocketGuard } from '../replies/socket-guard.ts';
import { ChangeTracking } from './change-tracking.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { NodeClient, SingleClient } from './server-client.ts';

/** How to reach a server: an address, or the settings of an existing client. */
export type ServerAddress = { readonly url: string } | { readonly client: SingleClient };

/** The tier sets its own deadline for every command and reconnects after a fault, so the client must do neither. */
const SETTINGS = Object.freeze({
  RESP: 3,
  commandOptions: { timeout: undefined },
  disableOfflineQueue: true,
  emitInvalidate: false,
  maintNotifications: 'disabled',
  pingInterval: undefined,
});

/** A connection to one server, through a client of its own; a client passed in only supplies its settings. */
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
    // The client emits this for every fault; without a listener it would end the process.
    this.#client.on('error', events.broken);
  }

  async connect(): Promise<void> {
    try {
      await this.#guard.run(() => this.#client.connect());
    } finally {
      // The client opens a single socket, so there is nothing more to watch for.
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
    // First, because the client throws when it has nothing open.
    this.#guard.destroy();
    this.#client.destroy();
  }
}
