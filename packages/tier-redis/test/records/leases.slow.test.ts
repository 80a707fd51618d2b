import { setTimeout as sleep } from 'node:timers/promises';
import { isServerMissing, RecordingLogger, RedisServer, until } from '@pw/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RedisCacheTier } from '../../src/index.ts';

describe.skipIf(isServerMissing())('leases of RedisCacheTier', () => {
  let server: RedisServer;
  let one: RedisCacheTier;
  let other: RedisCacheTier;
  beforeAll(async () => {
    server = await RedisServer.start();
    [one, other] = [new RedisCacheTier({ url: server.url }), new RedisCacheTier({ url: server.url })];
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await server.end();
  });

  it('are held by one process at a time and released only by their owner', async () => {
    const token = await one.leases.acquire('k', 60_000);
    expect(typeof token).toBe('string');
    expect(await other.leases.acquire('k', 60_000)).toBeNull();
    expect(await other.leases.release('k', 'wrong')).toBe(false);
    expect(await other.leases.acquire('k', 60_000)).toBeNull();
    expect(await one.leases.release('k', token!)).toBe(true);
    const next = await other.leases.acquire('k', 60_000);
    expect(await one.leases.release('k', token!)).toBe(false);
    expect(await other.leases.release('k', next!)).toBe(true);
  });

  it('expire unless they are extended', async () => {
    const token = await one.leases.acquire('dead', 100);
    expect(await one.leases.acquire('dead', 30_000, token!)).toBe(token);
    await sleep(150);
    expect(await other.leases.acquire('dead', 100)).toBeNull();
    expect(await one.leases.acquire('dead', 50, token!)).toBe(token);
    await until('the lease has expired', async () => (await other.leases.acquire('dead', 100)) !== null);
    expect(await one.leases.acquire('dead', 100, token!)).toBeNull();
  });

  it.each([
    ['a list', ['RPUSH', 'x']],
    ['a list that expires', ['RPUSH', 'x'], '1000'],
    ['a string that never expires', ['SET', 'x']],
  ])('replace a value that is not a lease, and log a warning: %s', async (key, [command, value], seconds = '') => {
    const name = `pw:{proxies}:l:${key}`;
    const logger = new RecordingLogger();
    const tier = new RedisCacheTier({ url: server.url, logger });
    onTestFinished(() => tier.close());
    await server.ask(command!, name, value!);
    if (seconds !== '') await server.ask('EXPIRE', name, seconds);
    const token = await tier.leases.acquire(key, 60_000);
    expect(typeof token).toBe('string');
    expect(await other.leases.acquire(key, 60_000)).toBeNull();
    expect(await tier.leases.acquire(key, 60_000, token!)).toBe(token);
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining('was not a lease') })]);
    expect(await tier.leases.release(key, token!)).toBe(true);
    expect(await server.ask('EXISTS', name)).toBe('0');
    expect(tier.totalFailures).toBe(0);
  });

  it('are undefined while the server is unreachable', async () => {
    const unreachable = new RedisCacheTier({ url: 'redis://127.0.0.1:1' });
    expect(await unreachable.leases.acquire('k', 100)).toBeUndefined();
    expect(await unreachable.leases.release('k', 'x')).toBe(false);
    await unreachable.close();
  });
});
