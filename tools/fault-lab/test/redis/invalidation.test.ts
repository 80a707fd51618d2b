import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleProgram, count, FaultyProxy, FULL_TIME, isServerMissing, RedisServer, until } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Change, type InvalidationOrders, type Read, staleness } from '../../src/redis/invalidation-log.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '../../src/redis/invalidation-child.ts'));
/** heartbeatMs + timeoutMs + graceMs, as the README states. */
const TIMING = { heartbeatMs: 200, timeoutMs: 300, graceMs: 500 };
const BOUND_MS = 1000;
/** A busy machine may delay a process beyond the bound, so only the long run must keep it. */
const ALLOWED_MS = count(5, 1) * BOUND_MS;
const SECONDS = count(5, 120);

interface Log {
  readonly changes: readonly Change[];
  readonly reads: readonly Read[];
  readonly hits: readonly number[];
}

async function start(orders: InvalidationOrders): Promise<ChildProcess> {
  const child = fork(CHILD, [JSON.stringify(orders)], { execArgv: ['--conditions=@pw/source'] });
  const ready = once(child, 'message').then(([told]) => expect(told).toBe('ready'));
  const end = ended(child);
  end.catch(() => {});
  await Promise.race([ready, end]);
  return child;
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`a child process ended with ${code}`);
}

async function ask<T>(child: ChildProcess, message: string): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  const end = ended(child);
  end.catch(() => {});
  return Promise.race([answer.then(([told]) => told as T), end]);
}

describe.skipIf(isServerMissing())('three processes with memory in front of one server', () => {
  it(
    'read no stale value for longer than the bound, under load and with connections that end or hang',
    async () => {
      const server = await RedisServer.start();
      onTestFinished(() => server.end());
      const proxy = await FaultyProxy.before(server.port);
      onTestFinished(() => proxy.end());
      const own = ['a', 'b'].map((process) => Array.from({ length: 200 }, (_, i) => `${process}${i}`));
      const base = { namespace: 'coherent', timing: TIMING, keys: own.flat() };
      const children = await Promise.all([
        start({ ...base, url: server.url, own: own[0]! }),
        start({ ...base, url: server.url, own: own[1]! }),
        start({ ...base, url: proxy.url, own: [] }),
      ]);
      onTestFinished(() => void children.map((child) => child.kill('SIGKILL')));
      for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
        await sleep(1000);
        await server.ask('CLIENT', 'KILL', 'TYPE', 'normal');
        await sleep(500);
        proxy.hang();
        await sleep(1500);
        proxy.goOn();
      }
      const logs = await Promise.all(children.map((child) => ask<Log>(child, 'stop')));
      const changes = logs.flatMap((log) => log.changes).sort((a, b) => a.version - b.version);
      const worst = logs.map(({ reads }) => staleness(changes, reads));
      console.log(
        `${changes.length} changes, ${logs.map(({ reads }) => reads.length).join(' + ')} reads, oldest value stale for ${worst.map(Math.round).join(', ')} ms`,
      );
      expect(changes.length).toBeGreaterThan(100);
      // Memory must answer too, or there would be nothing to invalidate.
      for (const { hits } of logs) expect(hits[0]).toBeGreaterThan(0);
      for (const age of worst) expect(age).toBeLessThanOrEqual(ALLOWED_MS);
      // Once the writes stop, all processes read the same: the last change of each key.
      const final = new Map(changes.map(({ key, version, isRemoval }) => [key, isRemoval ? null : version]));
      for (const child of children) {
        await until('the newest values are read', async () => {
          const { last } = await ask<{ last: Record<string, number | null> }>(child, 'read');
          return [...final].every(([key, version]) => last[key] === version);
        });
      }
      const ends = children.map((child) => once(child, 'exit'));
      for (const child of children) child.disconnect();
      await Promise.all(ends);
    },
    count(120_000, FULL_TIME),
  );
});
