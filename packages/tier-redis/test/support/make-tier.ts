import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TierModule } from '@pw/tier-testkit';
import { createClient } from 'redis';
import { RedisCacheTier } from '../../src/index.ts';

/** The URL of the server that the suite started; child processes inherit the port in the environment. */
const urlOf = (user = ''): string => `redis://${user}127.0.0.1:${process.env['PW_TEST_REDIS_PORT']}`;

/**
 * The kit's clock is stopped at a date that may be in the past, so the server gets deadlines that are decades later.
 */
const DECADES_MS = 30 * 365 * 86_400_000;

export const namespaceOf = (directory: string): string => createHash('sha1').update(directory).digest('hex');

export const createTier: TierModule['createTier'] = ({ config, directory, ...options }) =>
  new RedisCacheTier({
    ...config,
    ...options,
    url: urlOf('tier:secret@'),
    namespace: namespaceOf(directory),
    serverClockOffsetMs: DECADES_MS,
    timeoutMs: 10_000,
  });

/** Writes everything that the server stores for a namespace to a file, and returns its path. */
export async function storedFiles(directory: string): Promise<readonly string[]> {
  const file = join(directory, 'stored');
  const lines = await asAdministrator(async (ask) => {
    const names = (await ask('KEYS', `pw:{${namespaceOf(directory)}}:*`)) as string[];
    return Promise.all(
      names.map(async (name) => `${name} ${JSON.stringify(await ask('DUMP', name))} ${await text(ask, name)}`),
    );
  });
  await writeFile(file, lines.join('\n'));
  return [file];
}

async function text(ask: Ask, name: string): Promise<string> {
  if ((await ask('TYPE', name)) !== 'string') return '';
  return String(await ask('GET', name));
}

export const breakStore = (): Promise<void> =>
  asAdministrator(async (ask) => void (await ask('ACL', 'SETUSER', 'tier', '-@all')));
export const mendStore = (): Promise<void> =>
  asAdministrator(async (ask) => void (await ask('ACL', 'SETUSER', 'tier', '+@all')));

type Ask = (...args: readonly string[]) => Promise<unknown>;

async function asAdministrator<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = createClient({ url: urlOf() });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work((...args) => client.sendCommand([...args]));
  } finally {
    client.destroy();
  }
}
