import { createServer } from 'node:net';

/** Below the range from which systems give ports to outgoing connections and to servers that name none. */
const FIRST = 10_000;
const COUNT = 20_000;

const given = new Set<number>();

/** A random port of loopback that nobody listens on, never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
