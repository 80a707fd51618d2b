import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../src/redis/free-port.ts';
import { isServerMissing, RedisServer } from '../src/redis/redis-server.ts';
import { until } from '../src/until.ts';

/** Far shorter than the time for which a server's answer is awaited. */
const AT_ONCE_MS = 10_000;

async function start(): Promise<RedisServer> {
  const server = await RedisServer.start();
  onTestFinished(() => server.end());
  return server;
}

/** Listens on a port, and returns what ends that. */
async function occupy(port: number): Promise<() => void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  return () => void other.close();
}

const answer = (server: RedisServer): Promise<string> => server.ask('PING').catch(() => '');

describe.skipIf(isServerMissing())('a server for tests', () => {
  it('reports at once, with its output, that it ended while it was starting', async () => {
    const started = performance.now();
    await expect(RedisServer.start('--no-such-setting', 'yes')).rejects.toThrow(/no-such-setting/);
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
  });

  it('is tried on other ports if one was taken before it could listen', async () => {
    const ports: number[] = [];
    const server = await RedisServer.startWith(async () => {
      const bus = await freePort();
      if (ports.push(bus) < 3) await occupy(bus);
      return ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
    });
    onTestFinished(() => server.end());
    expect(new Set(ports).size).toBe(3);
    expect(await server.ask('PING')).toBe('PONG');
  });

  it('starts again when its port is free again', async () => {
    const server = await start();
    await server.kill();
    const release = await occupy(server.port);
    const starting = server.start();
    await sleep(300);
    release();
    await starting;
    expect(await server.ask('PING')).toBe('PONG');
  });

  it('does not take another server on its port for itself', async () => {
    const server = await start();
    await server.kill();
    const other = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(server.port), '--save', '']);
    onTestFinished(() => void other.kill('SIGKILL'));
    await until('the other server answers', async () => (await answer(server)) === 'PONG');
    await expect(server.start()).rejects.toThrow(/Address already in use/);
  });

  it('can be killed and ended after it has gone', async () => {
    const server = await start();
    await server.ask('SHUTDOWN', 'NOSAVE').catch(() => {});
    await until('it has gone', async () => (await answer(server)) === '');
    await server.kill();
    await server.end();
  });
});
