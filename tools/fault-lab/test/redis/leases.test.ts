import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { isServerMissing, RedisServer, until } from '@pw/test-support';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const CHILD = new URL('../../src/redis/load-child.ts', import.meta.url);

interface Loader {
  readonly child: ChildProcess;
  /** Messages received from the process. */
  readonly told: unknown[];
}

describe.skipIf(isServerMissing())('getOrLoad in three processes', () => {
  let server: RedisServer;
  let loaders: Loader[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.end());
  afterEach(() => {
    for (const { child } of loaders) child.kill('SIGKILL');
    loaders = [];
  });

  async function start(loadMs: number): Promise<Loader> {
    const child = fork(CHILD, [server.url, String(loadMs)], { execArgv: ['--conditions=@pw/source'] });
    const loader: Loader = { child, told: [] };
    loaders.push(loader);
    child.on('message', (message) => loader.told.push(message));
    await once(child, 'message');
    return loader;
  }
  const loads = (): number => loaders.flatMap(({ told }) => told).filter((one) => one === 'loading').length;
  const sources = (): unknown[] =>
    loaders.flatMap(({ told }) => told.flatMap((one) => (one as { source?: string }).source ?? []));

  it('loads once, however long it takes', async () => {
    // Loading takes three times as long as a lease.
    for (let i = 0; i < 3; i++) await start(1200);
    for (const { child } of loaders) child.send('slow');
    await until('all processes have the value', () => sources().length === 3);
    expect(loads()).toBe(1);
    expect(new Set(sources()).size).toBe(1);
  });

  it('loads in another process when the loading process is killed', async () => {
    const owner = await start(3_600_000);
    owner.child.send('dead');
    await until('it loads', () => loads() === 1);
    const others = [await start(10), await start(10)];
    for (const { child } of others) child.send('dead');
    owner.child.kill('SIGKILL');
    await until('the other processes have the value', () => sources().length === 2);
    expect(loads()).toBe(2);
  });
});
