import { createServer, type Server, type Socket } from 'node:net';

/** The behaviour of a scripted server on one connection. */
export interface Script {
  /** Called when a client has connected. */
  readonly connected?: (socket: Socket) => void;
  /** Called for each complete command; its first word is in upper case. */
  readonly command?: (words: readonly string[], socket: Socket) => void;
}

/** A server on loopback that answers Redis clients as its script specifies. */
export class ScriptedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(script: () => Script) {
    this.#server = createServer((socket) => this.#join(socket, script()));
  }

  /** `script` is called once per connection. */
  static async start(script: () => Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(socket: Socket, script: Script): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let came = readCommand(rest); came !== undefined; came = readCommand(rest)) {
        rest = rest.subarray(came.end);
        const [name = '', ...words] = came.words;
        if (socket.writable) script.command?.([name.toUpperCase(), ...words], socket);
      }
    });
    script.connected?.(socket);
  }
}

/** Keeps sending while the other side reads. */
export function flood(socket: Socket, bytes: () => Buffer | string): void {
  const more = (): void => {
    while (socket.writable) {
      if (socket.write(bytes())) continue;
      socket.once('drain', more);
      return;
    }
  };
  more();
}

/** Parses the first command of a buffer: its words and its end; `undefined` until it is complete. */
function readCommand(bytes: Buffer): { readonly words: readonly string[]; readonly end: number } | undefined {
  let at = 0;
  const number = (): number => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return Number.NaN;
    const value = Number(bytes.subarray(at + 1, end));
    at = end + 2;
    return value;
  };
  const count = number();
  const words: string[] = [];
  while (words.length < count) {
    const length = number();
    if (!(at + length + 2 <= bytes.length)) return undefined;
    words.push(bytes.toString('utf8', at, at + length));
    at += length + 2;
  }
  return words.length === count ? { words, end: at } : undefined;
}
