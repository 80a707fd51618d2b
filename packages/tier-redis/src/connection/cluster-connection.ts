import { SocketGuard } from '../replies/socket-guard.ts';
import { ChangeTracking } from './change-tracking.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { ClusterClient, NodeClient } from './server-client.ts';

/** Connections to every node of a cluster, through a client of its own. A fault of one node ends them all. */
export class ClusterConnection implements Connection {
  readonly #client: ClusterClient;
  /** Also wraps each command, because a node that joins later is connected while a command runs. */
  readonly #guard: SocketGuard;

  constructor(given: ClusterClient, prefix: string, events: ConnectionEvents) {
    this.#client = given.duplicate({
      RESP: 3,
      commandOptions: { timeout: undefined },
      clientSideCache: new ChangeTracking(prefix, events),
      minimizeConnections: false,
    } as never) as ClusterClient;
    this.#guard = new SocketGuard(events.refused);
    for (const event of ['error', 'node-error', 'node-disconnect']) this.#client.on(event, events.broken);
  }

  async connect(): Promise<void> {
    await this.#guard.run(() => this.#client.connect());
  }

  send(name: string, args: readonly string[]): Promise<unknown> {
    return this.#guard.run(() => this.#client.sendCommand(name, false, [...args]));
  }

  async nodes(): Promise<readonly NodeClient[]> {
    const { masters } = this.#client;
    const clientOf = (master: object) => this.#client.nodeClient(master as never) as Promise<NodeClient>;
    return this.#guard.run(() => Promise.all(masters.map(clientOf)));
  }

  destroy(): void {
    // First, because the client throws when it has nothing open.
    this.#guard.destroy();
    this.#client.destroy();
  }
}
