import { setTimeout as sleep } from 'node:timers/promises';
import { CacheEntry, CacheStorageError } from '@pw/cache-models';
import { RecordingLogger, ScriptedServer, until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../../src/index.ts';
import { Pass } from '../../src/passes/pass.ts';
import { HOSTILE_KINDS } from '../replies/hostile-kinds.ts';

/** Far more steps than a scan of an empty server takes. */
const MANY = 50;

describe('a pass of RedisCacheTier over an endless scan', () => {
  let server: ScriptedServer;
  let tier: RedisCacheTier;
  let scans = 0;
  afterEach(async () => {
    await tier.close();
    await server.end();
  });

  async function endless(options: RedisTierOptions = {}, config = {}, kind = 'returns empty pages of names endlessly') {
    scans = 0;
    server = await ScriptedServer.start(() => {
      const { command } = HOSTILE_KINDS[kind]!();
      return {
        command: (words, socket) => {
          if (words[0] === 'SCAN') scans++;
          command!(words, socket);
        },
      };
    });
    const limits = { timeoutMs: 10_000, passTimeoutMs: 3_600_000 };
    tier = new RedisCacheTier({ ...config, url: server.url, cipher: new TestCipher(), ...limits, ...options });
  }
  const isUnderWay = () => until('the pass has started', () => scans > MANY);
  async function expectNoMoreSteps(): Promise<void> {
    const before = scans;
    for (let i = 0; i < 20; i++) await tier.get('k');
    expect(scans).toBe(before);
  }
  async function drain(values: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of values) void _;
  }

  it('is ended by close(), which does not wait for the scan to finish', async () => {
    await endless();
    const passes = [tier.keys(), tier.size(), tier.clear(), tier.cleanupExpired(), drain(tier.entries())];
    const reseal = expect(drain(tier.reseal(10))).rejects.toThrow('ended by close()');
    await isUnderWay();
    await tier.close();
    expect(await Promise.all(passes)).toEqual([[], 0, 0, 0, undefined]);
    await reseal;
    await expectNoMoreSteps();
  });

  it('ends when its iterator is closed, even while the iterator waits for an entry', async () => {
    await endless();
    const entries = tier.entries()[Symbol.asyncIterator]();
    const next = entries.next();
    await isUnderWay();
    await entries.return!();
    expect((await next).done).toBe(true);
    await expectNoMoreSteps();
    expect(tier.totalFailures).toBe(0);
  });

  it('ends after passTimeoutMs with an error that names the option', async () => {
    const logger = new RecordingLogger();
    await endless({ passTimeoutMs: 50, logger });
    expect(await tier.keys()).toEqual([]);
    expect(tier.totalFailures).toBe(1);
    await expect(drain(tier.reseal(1))).rejects.toThrow(CacheStorageError);
    await expect(drain(tier.reseal(1))).rejects.toThrow('did not finish within 50 ms; raise passTimeoutMs');
    await expectNoMoreSteps();
    expect(await tier.put('k', CacheEntry.create({ key: 'k', proxyUrl: 'http://192.0.2.1:80' }))).toBe(true);
  });

  it('makes open() of a bounded tier reject, and leaves no connection open', async () => {
    await endless({ passTimeoutMs: 50 }, { maxEntries: 5 }, 'returns empty pages of names endlessly');
    await expect(tier.open()).rejects.toThrow(CacheStorageError);
    expect(tier.status).toBe('closed');
    await until('the connection is closed', () => server.connections === 0);
  });

  it('stops when the server repeats a page or returns names outside the namespace', async () => {
    for (const kind of ['returns the same page of names endlessly', 'returns names outside the namespace']) {
      await endless({}, {}, kind);
      await expect(drain(tier.reseal(1))).rejects.toThrow(CacheStorageError);
      expect(await tier.keys()).toEqual([]);
      expect(scans).toBeLessThan(10);
      if (kind.startsWith('returns the same')) {
        await tier.close();
        await server.end();
      }
    }
  });
});

describe('the time limit of a pass', () => {
  it('counts only the time of its steps, not the time between them', async () => {
    const pass = new Pass({ tier: 'tier', limitMs: 1000, opening: () => 0 });
    expect(await pass.step(async () => 1)).toBe(1);
    await sleep(1100);
    expect(await pass.step(async () => 2)).toBe(2);
    await pass.step(() => sleep(1100));
    await expect(pass.step(async () => 3)).rejects.toThrow('passTimeoutMs');
  });

  it('counts the time of a failed step', async () => {
    const pass = new Pass({ tier: 'tier', limitMs: 10, opening: () => 0 });
    const fail = async () => {
      await sleep(20);
      throw new Error('no');
    };
    await expect(pass.step(fail)).rejects.toThrow('no');
    await expect(pass.step(async () => 1)).rejects.toThrow(CacheStorageError);
  });
});
