import { connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between a client and a server that injects network faults. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #hung = false;
  #resetAfter: number | undefined;

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, port));
  }

  static async before(port: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Stops forwarding in both directions without closing anything. */
  hang(): void {
    this.#hung = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Delays data on existing connections until {@link goOn}; new connections are not affected. */
  delay(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Forwards the delayed data. */
  goOn(): void {
    this.#hung = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  /** Resets the connection after this many bytes of the next reply. */
  resetInReply(bytes: number): void {
    this.#resetAfter = bytes;
  }

  async end(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
      if (this.#hung) socket.pause();
    }
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => this.#reply(client, data));
  }

  #reply(client: Socket, data: Buffer): void {
    const after = this.#resetAfter;
    if (after === undefined) {
      client.write(data);
      return;
    }
    this.#resetAfter = undefined;
    client.write(data.subarray(0, after), () => client.resetAndDestroy());
  }
}
