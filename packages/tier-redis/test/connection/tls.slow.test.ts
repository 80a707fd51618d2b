import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { freePort, isServerMissing, makeTempDir, RecordingLogger, RedisServer } from '@pw/test-support';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier } from '../../src/index.ts';

describe.skipIf(isServerMissing())('RedisCacheTier behind TLS and a password', () => {
  let server: RedisServer;
  let port = 0;
  let certificate = '';
  beforeAll(async () => {
    const directory = makeTempDir(afterAll);
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...request, ...subject], { stdio: 'ignore' });
    certificate = readFileSync(cert, 'utf8');
    const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const user = ['--user', 'app', 'on', '>secret', '~pw:*', '+@all', '-@dangerous', '+client'];
    server = await RedisServer.startWith(async () => {
      port = await freePort();
      return ['--tls-port', String(port), ...tls, ...user];
    });
  });
  afterAll(() => server.end());

  it('stores and finds entries with the settings of the given client', async () => {
    const client = createClient({
      url: `rediss://app:secret@127.0.0.1:${port}`,
      socket: { ca: certificate, tls: true },
    });
    const tier = new RedisCacheTier({ client });
    await tier.open();
    const entry = CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080' });
    expect(await tier.put(entry.key, entry)).toBe(true);
    expect((await tier.get(entry.key))?.key).toBe(entry.key);
    await tier.close();
  });

  it('refuses an overlong reply over TLS too', async () => {
    const client = createClient({
      url: `rediss://app:secret@127.0.0.1:${port}`,
      socket: { ca: certificate, tls: true },
    });
    const logger = new RecordingLogger();
    const tier = new RedisCacheTier({ client, logger });
    await tier.open();
    await server.ask('SETRANGE', 'pw:{proxies}:e:long', String(100 * 2 ** 20), 'x');
    expect(await tier.get('long')).toBeUndefined();
    expect(JSON.stringify(logger.lines)).toContain('ERR_REPLY_TOO_LONG');
    await tier.close();
  });

  it('does not open when the certificate is not trusted', async () => {
    const tier = new RedisCacheTier({ url: `rediss://app:secret@127.0.0.1:${port}` });
    await expect(tier.open()).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT');
    await tier.close();
  });
});
