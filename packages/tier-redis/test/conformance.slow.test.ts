import { bundleTierModule, count, isServerMissing, RedisServer } from '@pw/test-support';
import { testTier } from '@pw/tier-testkit/vitest';
import * as fastCheck from 'fast-check';
import { afterAll, describe } from 'vitest';

if (isServerMissing()) describe.skip('RedisCacheTier', () => {});
else {
  const server = await RedisServer.start('--user', 'tier', 'on', '>secret', '~*', '&*', '+@all');
  process.env['PW_TEST_REDIS_PORT'] = String(server.port);
  afterAll(() => server.end());

  const module = new URL('./support/make-tier.ts', import.meta.url);
  await testTier('RedisCacheTier', {
    module,
    fastCheck,
    execArgv: await bundleTierModule(module),
    // The kit's own counts take minutes over a network: `PW_FAULTS=full vitest run packages/tier-*`.
    cycles: count(100, 10_000),
    runs: count(30, 100),
    kills: count(4, 10),
  });
}
