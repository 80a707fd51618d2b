import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { isServerMissing, RedisServer } from '@pw/test-support';
import { RedisCacheTier } from '@pw/tier-redis';
import { either, isNull, isUndefined, maybe, must, objectOf } from '../accepts.ts';
import { constructorOf } from '../calling.ts';
import { type CallGroup, defineGroup } from '../nonsense-spec.ts';
import { finiteFrom, numberFrom } from './in-folder.ts';
import { tierGroup, tierOptionsWith } from './tier-calls.ts';

const NOBODY = 'redis://127.0.0.1:1';
const servers = new Map<RedisCacheTier, RedisServer>();

const isName = (value: unknown) => typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value);
const options = tierOptionsWith(
  // None of the invalid values is an address, and without an address there is nothing to connect to.
  must('url', () => false),
  maybe('client', isUndefined),
  maybe('namespace', isName),
  maybe('timeoutMs', numberFrom(1, 60_000)),
  maybe('heartbeatMs', numberFrom(1, 60_000)),
  maybe('graceMs', either(isNull, finiteFrom(0))),
  maybe('passTimeoutMs', numberFrom(1, 3_600_000)),
  maybe('serverClockOffsetMs', Number.isSafeInteger),
);

const onServer = tierGroup<RedisCacheTier>({
  Class: RedisCacheTier,
  parts: ['sideValues', 'changes', 'leases'],
  open: async () => {
    const server = await RedisServer.start();
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const tier = new RedisCacheTier({ url: server.url, timeoutMs: 10_000, cipher });
    servers.set(tier, server);
    return tier;
  },
  close: (tier) => servers.get(tier)?.end(),
  more: [
    {
      name: 'RedisCacheTier',
      parameters: [{ ...options, accepts: objectOf(...options.members!.map(({ name }) => name)) }],
      right: () => [{ maxEntries: 10, url: NOBODY }],
      call: constructorOf(RedisCacheTier),
      refusal: 'config',
    },
  ],
});

/** The same calls on a tier that fails and switches off: invalid values are refused before the server is called. */
const withoutServer = defineGroup<RedisCacheTier>({
  name: 'RedisCacheTier without a server',
  open: () => new RedisCacheTier({ url: NOBODY }),
  close: (tier) => tier.close(),
  calls: (onServer.calls as CallGroup<RedisCacheTier>['calls']).filter(
    ({ name }) => !/#(?:open|reseal|sideValues\..*)$/.test(name),
  ),
});

export const tierRedis: readonly CallGroup[] = isServerMissing() ? [withoutServer] : [onServer, withoutServer];
