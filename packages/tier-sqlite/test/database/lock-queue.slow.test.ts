import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MaybePromise } from '@pw/cache-models';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { KINDS, type Kind, makeEntry, NOW, type Tier, tempDir } from '../support.ts';

/** Another process, which holds one lock after the other. */
const holder = spawn(process.execPath, [join(import.meta.dirname, 'locking-child.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
afterAll(() => void holder.kill('SIGKILL'));
const answers = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();

/**
 * Makes the other process hold the write lock of a database. The function that is returned makes it release the lock
 * after some milliseconds, and returns once it has.
 */
async function holdLock(path: string): Promise<(ms: number) => Promise<void>> {
  holder.stdin.write(`${path}\n`);
  expect((await answers.next()).value).toBe('held');
  let isReleased = false;
  const release = async (ms: number): Promise<void> => {
    isReleased = true;
    holder.stdin.write(`${ms}\n`);
    expect((await answers.next()).value).toBe('released');
  };
  // After a failed test, too.
  onTestFinished(() => (isReleased ? undefined : release(0)));
  return release;
}

/** Number of turns of the event loop while a promise was pending, and its longest stop in milliseconds. */
async function heartbeat<T>(
  pending: Promise<T>,
): Promise<{ answer: T; ticks: number; tookMs: number; longestMs: number }> {
  const started = performance.now();
  let [ticks, last, longestMs] = [0, started, 0];
  const beat = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    ticks++;
  }, 5);
  try {
    const answer = await pending;
    return { answer, ticks, tookMs: performance.now() - started, longestMs };
  } finally {
    clearInterval(beat);
  }
}

/** Time for fifty turns of the event loop as `heartbeat` counts them. */
const HELD_MS = 250;
const expired = (count: number) =>
  Array.from({ length: count }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 }));
const made = (kind: Kind, directory: string, options: Parameters<Kind['make']>[2] = {}): Tier => {
  const tier = kind.make(directory, {}, { busyTimeoutMs: 30_000, ...options });
  tier.putMany([makeEntry('a'), makeEntry('b'), ...expired(3)]);
  return tier;
};

const OPERATIONS: readonly (readonly [string, (tier: Tier) => MaybePromise<unknown>, unknown, readonly string[]])[] = [
  ['putSoon', (tier) => tier.putSoon('c', makeEntry('c')), true, ['a', 'b', 'c']],
  ['put', (tier) => tier.put('c', makeEntry('c')), true, ['a', 'b', 'c']],
  ['putMany', (tier) => tier.putMany([makeEntry('c'), makeEntry('d')]), [true, true], ['a', 'b', 'c', 'd']],
  ['delete', (tier) => tier.delete('a'), true, ['b']],
  ['deleteMany', (tier) => tier.deleteMany(['a', 'x']), [true, false], ['b']],
  ['recordAccess', (tier) => tier.recordAccess([{ key: 'a', hits: 3, lastAccessed: 1 }]), 1, ['a', 'b']],
  ['clear', (tier) => tier.clear(), 2, []],
  ['cleanupExpired', (tier) => tier.cleanupExpired(), 3, ['a', 'b']],
];

describe.each(KINDS)('while another process holds the lock of $name', (kind) => {
  it.each(OPERATIONS)(
    '%s waits without blocking the event loop, and succeeds when the lock is released',
    async (_name, work, expected, keys) => {
      const directory = tempDir();
      const tier = made(kind, directory, { whenLocked: 'promise' });
      const release = await holdLock(kind.file(directory));
      const pending = work(tier);
      expect(pending).toBeInstanceOf(Promise);
      expect(tier.get('a')?.accessCount).toBe(0);
      const released = release(HELD_MS);
      const { answer, ticks, tookMs } = await heartbeat(pending as Promise<unknown>);
      await released;
      expect(answer).toEqual(expected);
      expect(tier.keys().toSorted()).toEqual(keys);
      expect(tier.totalFailures).toBe(0);
      // If waiting had blocked the event loop, there would have been one or two turns.
      expect(ticks).toBeGreaterThan(tookMs / 5 / 10);
    },
  );

  it('reseal waits for the lock, too', async () => {
    const directory = tempDir();
    const tier = made(kind, directory);
    tier.put('secret', makeEntry('secret', { password: 'hunter2' }));
    const release = await holdLock(kind.file(directory));
    const work = async () => {
      for await (const _counts of tier.reseal(10));
    };
    const released = release(HELD_MS);
    const { ticks, tookMs } = await heartbeat(work());
    await released;
    expect(ticks).toBeGreaterThan(tookMs / 5 / 10);
  });

  it('writes keep their order, even if a blocking write follows waiting ones', async () => {
    const directory = tempDir();
    const tier = made(kind, directory);
    const release = await holdLock(kind.file(directory));
    const released = release(HELD_MS);
    const first = tier.putSoon('c', makeEntry('c', { source: 'first' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = tier.putSoon('c', makeEntry('c', { source: 'second' }));
    expect(tier.put('d', makeEntry('d'))).toBe(true);
    expect(tier.get('c')?.source).toBe('second');
    expect(await first).toBe(true);
    expect(await second).toBe(true);
    await released;
    expect(tier.totalFailures).toBe(0);
  });

  it('waiting writes fail at their deadline, or when the tier closes', async () => {
    const directory = tempDir();
    const tier = made(kind, directory, { busyTimeoutMs: 100, whenLocked: 'promise', failureThreshold: 100 });
    const release = await holdLock(kind.file(directory));
    expect(await Promise.all([tier.put('c', makeEntry('c')), tier.delete('a')])).toEqual([false, false]);
    expect(tier.failureCount).toBe(2);
    const late = tier.put('d', makeEntry('d'));
    tier.close();
    expect(await late).toBe(false);
    await release(0);
    expect(tier.keys().toSorted()).toEqual(['a', 'b']);
  });
});
