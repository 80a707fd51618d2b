import type { ReplyFault } from '../replies/reply-guard.ts';
import type { NodeClient } from './server-client.ts';

/** Notifications from a connection to its owner. */
export interface ConnectionEvents {
  /** Another client changed the record of this name; `null` means that any record may have changed. */
  readonly changed: (name: string | null) => void;
  /** The connection, or the one to a node of the cluster, has ended and cannot be used again. */
  readonly broken: () => void;
  /** A reply was refused before it was parsed, and the connection was closed. */
  readonly refused: (fault: ReplyFault) => void;
}

/** A connection to the server or cluster. It is used once: after a fault, a new one replaces it. */
export interface Connection {
  connect(): Promise<void>;
  /** Sends a command to the node that holds a name. */
  send(name: string, args: readonly string[]): Promise<unknown>;
  /** The client of every node that holds entries. */
  nodes(): Promise<readonly NodeClient[]>;
  /** Closes it immediately; pending commands reject. */
  destroy(): void;
}

export type ConnectionFactory = (events: ConnectionEvents) => Connection;
