import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type ReplyFault, ReplyGuard } from './reply-guard.ts';

/** The diagnostics channel on which Node.js announces each new socket, plain or TLS, before it connects. */
const SOCKETS = 'net.client.socket';

/**
 * Puts a {@link ReplyGuard} in front of the parser on every socket that is created inside {@link SocketGuard.run}. The
 * client creates its sockets itself and does not expose them; ours are recognized by the async context of their
 * creation.
 */
export class SocketGuard {
  readonly #work = new AsyncLocalStorage<true>();
  readonly #refused: (fault: ReplyFault) => void;
  readonly #sockets = new Set<Socket>();
  readonly #made = (message: unknown): void => {
    if (this.#work.getStore() === true) this.#watch((message as { socket: Socket }).socket);
  };

  /** `refused` is called with the reason before a socket is destroyed. */
  constructor(refused: (fault: ReplyFault) => void) {
    this.#refused = refused;
    subscribe(SOCKETS, this.#made);
  }

  run<T>(work: () => T): T {
    return this.#work.run(true, work);
  }

  /** Stops watching for new sockets; existing ones stay guarded. */
  end(): void {
    unsubscribe(SOCKETS, this.#made);
    this.#work.disable();
  }

  /**
   * Destroys every guarded socket. A cluster client discovers its nodes over a socket that its own `destroy` leaves
   * open; without a reply, that socket would keep the process alive.
   */
  destroy(): void {
    this.end();
    for (const socket of this.#sockets) socket.destroy();
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const guard = new ReplyGuard();
    const push = socket.push;
    // Checked before the chunk enters the stream, because a stream delivers what it has buffered even after it is
    // destroyed.
    socket.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
      const fault = chunk === null ? undefined : guard.faultIn(chunk);
      if (fault === undefined) return push.call(socket, chunk, encoding);
      socket.push = () => false;
      this.#refused(fault);
      socket.destroy(Object.assign(new Error('a reply of the server was refused'), { code: fault }));
      return false;
    };
  }
}
