import { readFileSync } from 'node:fs';
import type * as threads from 'node:worker_threads';
import { RecordingLogger } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KINDS, makeEntry, NOW, tempDir } from '../support.ts';

const { system } = vi.hoisted(() => ({ system: { refusesThreads: false } }));

// Simulates a bundled program without the worker files, or a host in which no thread may be started at all.
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof threads>();
  class Lost extends real.Worker {
    constructor(_file: string | URL, options?: threads.WorkerOptions) {
      if (system.refusesThreads) throw Object.assign(new Error('planted'), { code: 'ERR_ACCESS_DENIED' });
      super(new URL('./missing-worker.js', import.meta.url), options);
    }
  }
  return { ...real, Worker: Lost };
});

const WAYS = [false, true].flatMap((refusesThreads) =>
  KINDS.map((kind) => ({ kind, name: kind.name, refusesThreads })),
);

describe.each(WAYS)('$name without threads (refused: $refusesThreads)', ({ kind, refusesThreads }) => {
  beforeEach(() => {
    system.refusesThreads = refusesThreads;
  });

  it('cleans up many entries in slices, warns once, and stays enabled', async () => {
    const logger = new RecordingLogger();
    const tier = kind.make(tempDir(), {}, { logger });
    for (let round = 0; round < 2; round++) {
      const expired = Array.from({ length: 1000 }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 }));
      tier.putMany([...expired, makeEntry('live')]);
      let turns = 0;
      const ticking = setInterval(() => turns++, 0);
      expect(await tier.cleanupExpired()).toBe(1000);
      clearInterval(ticking);
      expect(turns).toBeGreaterThan(0);
    }
    expect(tier.keys()).toEqual(['live']);
    expect(tier.enabled).toBe(true);
    expect(tier.failureCount).toBe(0);
    expect(tier.statistics.evictionsTtl).toBe(2000);
    expect(logger.lines.filter(({ message }) => message.includes('no worker thread can be started'))).toHaveLength(1);
    tier.close();
  });

  it('stops a cleanup when the tier is closed', async () => {
    const tier = kind.make(tempDir());
    tier.putMany(Array.from({ length: 3000 }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 })));
    await tier.cleanupExpired();
    tier.putMany(Array.from({ length: 3000 }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 })));
    const cleanup = tier.cleanupExpired();
    tier.close();
    expect(await cleanup).toBeLessThan(3000);
    expect(tier.failureCount).toBe(0);
  });

  it('rebuilds a database that is re-encrypted', async () => {
    const directory = tempDir();
    kind.make(directory).put('k', makeEntry('k', { password: 'pass' }));
    kind.make(directory).close();
    const logger = new RecordingLogger();
    const tier = kind.make(directory, {}, { logger, cipher: new TestCipher('k2', 'k1') });
    const counts = [];
    for await (const batch of tier.reseal(10)) counts.push(batch.reencrypted);
    expect(counts).toContain(1);
    expect(logger.lines.filter(({ message }) => message.includes('no worker thread can be started'))).toHaveLength(1);
    tier.close();
    expect(readFileSync(kind.file(directory), 'latin1')).not.toContain('gAAAA.k1.');
  });
});
