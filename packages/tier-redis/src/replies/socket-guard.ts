import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type ReplyFault, ReplyGuard } from './reply-guard.ts';

/** Node.js tells here of each socket, plain or TLS, when it is made and before it is connected. */
const SOCKETS = 'net.client.socket';

/**
 * Puts a {@link ReplyGuard} before the parser on every socket that some work makes. The client makes its sockets itself and
 * lets nobody near them; which ones are its own shows by the work that they were made in.
 */
export class SocketGuard {
  readonly #work = new AsyncLocalStorage<true>();
  readonly #refused: (fault: ReplyFault) => void;
  readonly #sockets = new Set<Socket>();
  readonly #made = (message: unknown): void => {
    if (this.#work.getStore() === true) this.#watch((message as { socket: Socket }).socket);
  };

  /** `refused` is told why a socket is ended. */
  constructor(refused: (fault: ReplyFault) => void) {
    this.#refused = refused;
    subscribe(SOCKETS, this.#made);
  }

  run<T>(work: () => T): T {
    return this.#work.run(true, work);
  }

  /** Sockets that are made from now on are not watched; those that there are stay so. */
  end(): void {
    unsubscribe(SOCKETS, this.#made);
    this.#work.disable();
  }

  /**
   * Ends every socket of the work. The client of a cluster asks a node for the others on a socket that it does not end with the rest:
   * one that is never answered there would keep the process alive.
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
    // Before it is in the stream: whoever listens to a stream gets what it has, also after its end.
    socket.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
      const fault = chunk === null ? undefined : guard.faultIn(chunk);
      if (fault === undefined) return push.call(socket, chunk, encoding);
      socket.push = () => false;
      this.#refused(fault);
      socket.destroy(Object.assign(new Error('an answer of the server is refused'), { code: fault }));
      return false;
    };
  }
}
