import type { CacheError, Logger } from '@pw/cache-models';
import { Pass } from '../passes/pass.ts';
import type { ReplyFault } from '../replies/reply-guard.ts';
import { UnexpectedReply } from '../replies/reply-parsers.ts';
import type { Connection, ConnectionFactory } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { NodeClient } from './server-client.ts';
import { noReply, notConnected, reasonOf, toStorageError } from './server-error.ts';

export interface RedisLinkOptions {
  readonly tier: string;
  readonly logger: Logger;
  readonly factory: ConnectionFactory;
  /** Longest wait for a reply, in milliseconds. */
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  /** How long after the loss of a connection earlier reads may still be trusted, in milliseconds. */
  readonly graceMs: number;
  /** Total time for the steps of one pass over all names, in milliseconds. */
  readonly passTimeoutMs: number;
  /** Prepares a new connection before anything else is sent on it. */
  readonly setUp: (nodes: readonly NodeClient[], send: Connection['send']) => Promise<void>;
  /** See {@link ConnectionEvents}; also called with `null` when changes may have been missed. */
  readonly changed: (name: string | null) => void;
  /** A reply was refused before it was parsed, and the connection was closed. */
  readonly refused: (fault: ReplyFault) => void;
}

/** Parses a reply, or throws an {@link UnexpectedReply}. */
export type Reader<T> = (reply: unknown) => T;

/** Sends a command to one node. */
export type Sender = <T>(args: readonly string[], read: Reader<T>) => Promise<T>;

const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 1000;

/**
 * A connection that is re-established whenever it fails. Every command settles within its deadline. A command that
 * times out ends the connection, because a hung socket reports no error of its own.
 *
 * No command is ever sent twice, and commands are sent in the order of the calls: none is held back while later ones
 * pass.
 *
 * States: closed; connecting (`#connecting` is set); live (`#live` is set); lost, while a new connection is made or its
 * retry timer runs. `#wanted` is true from `open()` to `close()`; a lost connection is replaced only while it is true.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #deadlines: Deadlines;
  #live: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #tries = 0;
  #wanted = false;
  /** How often the link was closed. A pass ends if this number has changed since the pass began. */
  #ends = 0;
  #pending = 0;
  #idle: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.timeoutMs);
  }

  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Connects. A failure leaves nothing open and is not retried before the next call. */
  async open(): Promise<void> {
    this.#wanted = true;
    try {
      await this.#connect();
    } catch (error) {
      this.#wanted = false;
      this.#stopTimers();
      this.#deadlines.stop();
      throw error;
    }
    this.#heartbeat = setInterval(() => this.#sendHeartbeat(), this.#options.heartbeatMs).unref();
  }

  /** A walk over all names; {@link RedisLink.close} ends it. */
  pass(): Pass {
    const { tier, passTimeoutMs: limitMs } = this.#options;
    return new Pass({ tier, limitMs, opening: () => this.#ends });
  }

  /** Waits for pending commands, each at most until its deadline, and closes the connection. */
  async close(): Promise<void> {
    this.#wanted = false;
    this.#ends++;
    this.#stopTimers();
    await this.#connecting?.catch(() => {});
    do {
      if (this.#pending > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      // An operation of several commands sends its next one within the same turn.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#pending > 0);
    this.#live?.destroy();
    this.#live = undefined;
    this.#deadlines.stop();
  }

  /** Sends a command to the node that holds a name. Rejects with a CacheStorageError. */
  send<T>(name: string, args: readonly string[], read: Reader<T>): Promise<T> {
    const live = this.#live;
    if (live !== undefined) return this.#inTime(live, () => live.send(name, args), read);
    // Wait for the first attempt to reconnect. Once that has failed, the server counts as unreachable: reject.
    if (this.#connecting === undefined || this.#tries > 0) return Promise.reject(notConnected(this.#options.tier));
    return this.#inTime(
      undefined,
      async () => {
        await this.#connecting;
        if (this.#live === undefined) throw notConnected(this.#options.tier);
        return this.#live.send(name, args);
      },
      read,
    );
  }

  /** Sends commands together, each to the node that holds its first argument, under one shared deadline. */
  sendAll<T>(commands: readonly (readonly string[])[], read: Reader<T>): Promise<T[]> {
    const live = this.#live;
    if (live === undefined) return Promise.all(commands.map((args) => this.send(args[1]!, args, read)));
    const all = () => Promise.all(commands.map((args) => live.send(args[1]!, args)));
    return this.#inTime(live, all, (replies) => replies.map(read));
  }

  /** A sender for each node of the current connection. It rejects once that connection has been replaced. */
  async senders(): Promise<readonly Sender[]> {
    const live = this.#live;
    if (live === undefined) throw notConnected(this.#options.tier);
    const nodes = await this.#inTime(
      live,
      () => live.nodes(),
      (all) => all,
    );
    return nodes.map(
      (node): Sender =>
        (args, read) =>
          this.#inTime(live, () => node.sendCommand(args), read),
    );
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#makeConnection().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #makeConnection(): Promise<void> {
    const { factory, changed, refused, setUp, tier } = this.#options;
    let isBroken = false;
    const broken = (): void => {
      isBroken = true;
      this.#end(connection);
    };
    const connection: Connection = factory({ changed, broken, refused });
    try {
      await this.#inTime(
        undefined,
        async () => {
          await connection.connect();
          const nodes = await connection.nodes();
          for (const node of nodes) node.unref();
          await setUp(nodes, (name, args) => connection.send(name, args));
        },
        (nothing) => nothing,
      );
      if (isBroken || !this.#wanted) throw notConnected(tier);
    } catch (error) {
      this.#tries++;
      destroy(connection);
      throw error;
    }
    this.#live = connection;
    this.#tries = 0;
    clearTimeout(this.#grace);
    // Changes since the last connection were not reported.
    changed(null);
  }

  /** The reply, or a rejection if it does not arrive before the deadline. */
  #inTime<A, T>(
    connection: Connection | undefined,
    work: () => Promise<A>,
    read: (reply: A) => T,
    keepAlive = true,
  ): Promise<T> {
    const { tier, timeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const late = (): void => {
        fail(noReply(tier, timeoutMs));
        if (connection !== undefined) this.#end(connection);
      };
      const wait = this.#deadlines.begin(late, keepAlive);
      let isOver = false;
      this.#pending++;
      const end = (): boolean => {
        if (isOver) return false;
        isOver = true;
        this.#deadlines.end(wait);
        if (--this.#pending === 0) this.#idle?.();
        return true;
      };
      const fail = (error: CacheError): void => {
        if (end()) reject(error);
      };
      const failed = (error: unknown): void => {
        fail(toStorageError(error, tier));
        if (connection !== undefined && endsConnection(error)) this.#end(connection);
      };
      work().then((reply) => {
        try {
          const value = read(reply);
          if (end()) resolve(value);
        } catch (error) {
          failed(error);
        }
      }, failed);
    });
  }

  #end(connection: Connection): void {
    if (connection !== this.#live) return;
    this.#live = undefined;
    const { logger, tier, graceMs, changed } = this.#options;
    logger.warn({ tier }, 'lost the connection to the server; reconnecting');
    destroy(connection);
    if (!this.#wanted) return;
    clearTimeout(this.#grace);
    if (Number.isFinite(graceMs)) this.#grace = setTimeout(() => changed(null), graceMs).unref();
    this.#reconnect();
  }

  #reconnect(): void {
    if (!this.#wanted) return;
    this.#connect().catch(() => {
      if (!this.#wanted) return;
      const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(this.#tries, 10), LAST_WAIT_MS);
      this.#retry = setTimeout(() => this.#reconnect(), wait * (0.5 + Math.random() / 2)).unref();
    });
  }

  /**
   * Waits for a reply of every node, before which each has reported the changes that others made before this call.
   * False if there is no connection, or no reply in time.
   */
  ping(): Promise<boolean> {
    const live = this.#live;
    if (live === undefined) return Promise.resolve(false);
    const ping = async (): Promise<boolean> => {
      for (const node of await live.nodes()) await node.sendCommand(['PING']);
      return true;
    };
    return this.#inTime(live, ping, (isAnswered) => isAnswered, false).catch(() => false);
  }

  /** An idle connection must respond too, because it reports the changes of other processes. */
  #sendHeartbeat(): void {
    void this.ping();
  }

  #stopTimers(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    clearTimeout(this.#grace);
  }
}

/**
 * Errors that make the connection useless: a server that became read-only is no longer the primary, and after a reply
 * of the wrong shape, later replies may belong to the wrong commands too.
 */
function endsConnection(error: unknown): boolean {
  return error instanceof UnexpectedReply || reasonOf(error) === 'READONLY';
}

function destroy(connection: Connection): void {
  try {
    connection.destroy();
  } catch {
    // It was not open.
  }
}
