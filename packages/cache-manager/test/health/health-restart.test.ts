import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCache } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

const HEALTH = [
  'healthStatus',
  'failureCount',
  'lastHealthCheck',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'nextCheckTime',
  'lastHealthError',
  'totalHealthChecks',
  'totalHealthCheckFailures',
] as const;

/** Every stack that keeps health over a restart: each L2, with and without L3. */
const STACKS = (['jsonl', 'sqlite'] as const).flatMap((backend) => [true, false].map((l3) => [backend, l3] as const));

describe.each(STACKS)('health with L2 in %s and L3: %s', (l2Backend, l3) => {
  it('survives a restart, and later checks continue from it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const clock = new ManualClock();
    const config = {
      l2Backend,
      l3Config: { enabled: l3 },
      l2CacheDir: join(folder, 'l2'),
      l3DatabasePath: join(folder, 'l3.db'),
      encryptionKey: generateKey(),
    };
    const open = () => openCache(config, { clock });
    const check = (status: 'healthy' | 'unhealthy') => {
      clock.advance(1_000);
      return { status, checkTime: clock.now(), checkUrl: 'http://check.example', errorMessage: 'refused' } as const;
    };
    const first = await open();
    await first.put('k', entryOf('k', { ttlSeconds: 86_400, password: 'p', username: 'u' }, clock));
    await first.recordHealthCheck('k', check('healthy'));
    for (let i = 0; i < 3; i++) await first.recordHealthCheck('k', check('unhealthy'));
    await first.invalidateByHealth('k');
    const before = first.peek('k')!;
    await first.close();

    const second = await open();
    const after = (await second.get('k'))!;
    for (const field of HEALTH) expect(after[field], field).toEqual(before[field]);
    expect(after.totalHealthChecks).toBe(4);
    expect(after.failureCount).toBe(1);
    await second.invalidateByHealth('k');
    await second.close();

    const third = await open();
    onTestFinished(() => third.close());
    expect(await third.get('k')).toMatchObject({ totalHealthChecks: 4, failureCount: 2 });
    for (let i = 0; i < 2; i++) await third.recordHealthCheck('k', check('unhealthy'));
    expect((await third.get('k'))?.healthStatus).toBe('dead');
    expect((await third.healthHistory('k')).length).toBe(l3 ? 6 : 0);
    clock.advance(30_000_000);
    expect((await third.dueForHealthCheck({ limit: 10 })).map(({ key }) => key)).toEqual(['k']);
  });
});
