import type { ReplyFault } from '../replies/reply-guard.ts';
import type { NodeClient } from './server-client.ts';

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** Another client changed the record of this name; `null`: any of them may have changed. */
  readonly changed: (name: string | null) => void;
  /** The connection, or that of one node, has ended: it is of no use any more. */
  readonly broken: () => void;
  /** An answer was refused before it was read; the connection is ended. */
  readonly refused: (fault: ReplyFault) => void;
}

/** One connection to the store, from its beginning to its end: a new one is made after a fault. */
export interface Connection {
  connect(): Promise<void>;
  /** Sends one command to the node that holds a name. */
  send(name: string, args: readonly string[]): Promise<unknown>;
  /** The client of every node that holds entries. */
  nodes(): Promise<readonly NodeClient[]>;
  /** Ends it at once: what waits for an answer rejects. */
  destroy(): void;
}

export type ConnectionFactory = (events: ConnectionEvents) => Connection;
