import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@pw/cache-models';
import { count } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { exitOf, startWriter } from './support/children.ts';
import { newDirectory, newTier } from './support/tiers.ts';

const RUNS = count(6, 20);
const LOCK = { staleMs: 2000, updateMs: 1000 };

/**
 * For each key, the value of the last acknowledged write of the child, and the value of the write that it began after
 * that.
 */
function readAcknowledged(path: string): Map<string, { done: string | undefined; begun: string | undefined }> {
  const states = new Map<string, { done: string | undefined; begun: string | undefined }>();
  // It may have been killed before it did anything.
  if (!existsSync(path)) return states;
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const [what, key, value] = line.split(' ') as [string, string, string];
    const state = states.get(key) ?? { done: undefined, begun: undefined };
    states.set(key, what === 'start' ? { ...state, begun: value } : { done: value, begun: undefined });
  }
  return states;
}

describe('a process that is killed', () => {
  it('loses no acknowledged write', async () => {
    let acknowledged = 0;
    for (let run = 0; run < RUNS; run++) {
      const directory = newDirectory();
      const log = join(dirname(directory), 'acknowledged');
      const child = await startWriter(directory, log, 'k');
      await sleep(10 + Math.random() * 60);
      child.kill('SIGKILL');
      await exitOf(child);
      const tier = newTier(directory, { clock: systemClock, lock: LOCK });
      for (const [key, { done, begun }] of readAcknowledged(log)) {
        const found = (await tier.get(key))?.source ?? 'gone';
        // The write in progress may or may not have happened.
        expect([done ?? 'gone', ...(begun === undefined ? [] : [begun])], `${key} in run ${run}`).toContain(found);
        acknowledged++;
      }
      await tier.close();
    }
    expect(acknowledged).toBeGreaterThan(0);
  });

  it('delays the next writer only until its lock is stale', async () => {
    const directory = newDirectory();
    const log = join(dirname(directory), 'acknowledged');
    const child = await startWriter(directory, log, 'k', 'Infinity', '1');
    await sleep(50);
    child.kill('SIGKILL');
    await exitOf(child);
    const tier = newTier(directory, { clock: systemClock, lock: LOCK });
    const started = performance.now();
    expect(await tier.delete('k-0').then(() => tier.putMany([]))).toEqual([]);
    expect(await tier.clear()).toBeGreaterThanOrEqual(0);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('several processes', () => {
  it('write to one directory concurrently without losing anything', async () => {
    const directory = newDirectory();
    const names = ['a', 'b', 'c'];
    const log = (name: string) => join(dirname(directory), name);
    const children = await Promise.all(
      names.map((name) => startWriter(directory, log(name), name, String(count(200, 400)))),
    );
    const reader = newTier(directory, { clock: systemClock, lock: LOCK });
    while (children.some(({ exitCode }) => exitCode === null)) {
      for await (const entry of reader.entries()) expect(entry.password?.reveal()).toBe(`p${entry.source}`);
      await sleep(5);
    }
    expect(await Promise.all(children.map(exitOf))).toEqual([0, 0, 0]);
    for (const name of names) {
      for (const [key, { done }] of readAcknowledged(log(name)))
        expect((await reader.get(key))?.source ?? 'gone', key).toBe(done);
    }
    expect(reader.statistics.evictionsCorruption).toBe(0);
    expect(reader.failureCount).toBe(0);
    // They exited without closing their tiers, and left no lock.
    expect(readdirSync(directory).filter((file) => file.endsWith('.lock'))).toEqual([]);
  });
});
