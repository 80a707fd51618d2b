import type { CacheError, Logger } from '@pw/cache-models';
import { Pass } from '../passes/pass.ts';
import type { ReplyFault } from '../replies/reply-guard.ts';
import { UnfitAnswer } from '../replies/reply-parsers.ts';
import type { Connection, ConnectionFactory } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { NodeClient } from './server-client.ts';
import { noAnswer, notConnected, reasonOf, toStorageError } from './server-error.ts';

export interface RedisLinkOptions {
  readonly tier: string;
  readonly logger: Logger;
  readonly factory: ConnectionFactory;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  /** How long after the end of a connection what was read before may still be believed, in milliseconds. */
  readonly graceMs: number;
  /** How long the steps of one pass over all names may take together, in milliseconds. */
  readonly passTimeoutMs: number;
  /** Prepares a new connection before anything else is sent on it. */
  readonly setUp: (nodes: readonly NodeClient[], send: Connection['send']) => Promise<void>;
  /** As of {@link Connection}; also `null` when changes may have been missed. */
  readonly changed: (name: string | null) => void;
  /** An answer was refused before it was read; the connection is over. */
  readonly refused: (fault: ReplyFault) => void;
}

/** Takes an answer for what it is, or throws an {@link UnfitAnswer}. */
export type Reader<T> = (answer: unknown) => T;

/** Sends a command to one node. */
export type Sender = <T>(args: readonly string[], read: Reader<T>) => Promise<T>;

const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 1000;

/**
 * A connection that is made again whenever it fails. Every command is answered or rejected in time; one that is not
 * answered in time ends the connection, for what hangs tells nobody that it does.
 *
 * A command is never sent twice. What it is sent after was sent before: nothing waits while later commands pass.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #deadlines: Deadlines;
  #live: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #tries = 0;
  #wanted = false;
  /** Of how many ends this is the time after: a pass ends with the opening that it began in. */
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

  /** Connects. After a failure nothing is left open, and nothing tried again until the next call. */
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
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.heartbeatMs).unref();
  }

  /** A walk over all names, which ends at the latest with {@link RedisLink.close}. */
  pass(): Pass {
    const { tier, passTimeoutMs: limitMs } = this.#options;
    return new Pass({ tier, limitMs, opening: () => this.#ends });
  }

  /** Waits for what is under way, each command no longer than its deadline, and ends the connection. */
  async close(): Promise<void> {
    this.#wanted = false;
    this.#ends++;
    this.#stopTimers();
    await this.#connecting?.catch(() => {});
    do {
      if (this.#pending > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      // An operation of several commands sends the next one in the same turn.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#pending > 0);
    this.#live?.destroy();
    this.#live = undefined;
    this.#deadlines.stop();
  }

  /** Sends one command to the node that holds a name. Rejects with a CacheStorageError. */
  send<T>(name: string, args: readonly string[], read: Reader<T>): Promise<T> {
    const live = this.#live;
    if (live !== undefined) return this.#inTime(live, () => live.send(name, args), read);
    // Right after the end of a connection the next one is waited for; what cannot be reached is not waited for.
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

  /** Sends commands at once, each to the node that holds its first argument; in time as one. */
  sendAll<T>(commands: readonly (readonly string[])[], read: Reader<T>): Promise<T[]> {
    const live = this.#live;
    if (live === undefined) return Promise.all(commands.map((args) => this.send(args[1]!, args, read)));
    const all = () => Promise.all(commands.map((args) => live.send(args[1]!, args)));
    return this.#inTime(live, all, (answers) => answers.map(read));
  }

  /** A way to each node of the connection that there is now; it rejects when another one has taken its place. */
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
    // What was changed since the last connection was not told.
    changed(null);
  }

  /** The answer, or a rejection when it does not come in time. */
  #inTime<A, T>(
    connection: Connection | undefined,
    work: () => Promise<A>,
    read: (answer: A) => T,
    hold = true,
  ): Promise<T> {
    const { tier, timeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const late = (): void => {
        fail(noAnswer(tier, timeoutMs));
        if (connection !== undefined) this.#end(connection);
      };
      const wait = this.#deadlines.begin(late, hold);
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
        if (connection !== undefined && isEnd(error)) this.#end(connection);
      };
      work().then((answer) => {
        try {
          const value = read(answer);
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
    logger.warn({ tier }, 'connection to the server lost; it is made again');
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

  /** A connection that nobody uses must answer too: what others change is told on it. */
  #beat(): void {
    const live = this.#live;
    if (live === undefined) return;
    const ask = async (): Promise<void> => {
      for (const node of await live.nodes()) await node.sendCommand(['PING']);
    };
    this.#inTime(live, ask, (nothing) => nothing, false).catch(() => {});
  }

  #stopTimers(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    clearTimeout(this.#grace);
  }
}

/**
 * A server that may not write any more is not the one that was meant; where one answer belongs to another question, the next ones
 * may too.
 */
function isEnd(error: unknown): boolean {
  return error instanceof UnfitAnswer || reasonOf(error) === 'READONLY';
}

function destroy(connection: Connection): void {
  try {
    connection.destroy();
  } catch {
    // It was not open.
  }
}
