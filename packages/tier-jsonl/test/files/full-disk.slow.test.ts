import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

// `ulimit` simulates a full disk: a write is cut short first, and then fails.
describe.runIf(process.platform === 'linux')('a file that cannot grow', () => {
  it('fails the put, keeps existing entries, and accepts new ones once it can grow again', async () => {
    const directory = newDirectory();
    const script = join(import.meta.dirname, '..', 'support', 'filling-child.ts');
    const command = `ulimit -f 32; exec "$0" --conditions=@pw/source "$1" "$2"`;
    const output = execFileSync('/bin/sh', ['-c', command, process.execPath, script, directory], { encoding: 'utf8' });
    const { stored, failures, isWhole, readable, isDeleted } = JSON.parse(output);
    expect(stored).toBeGreaterThan(5);
    expect(failures).toBe(1);
    expect(readable).toBe(stored);
    expect(isWhole).toBe(true);
    const tier = newTier(directory, { clock: systemClock });
    expect(await tier.size()).toBe(stored - (isDeleted ? 1 : 0));
    expect(await tier.put('more', makeEntry('more', { expiresAt: 9e12 }))).toBe(true);
    expect(await tier.has('more')).toBe(true);
    expect(tier.statistics.evictionsCorruption).toBe(0);
  });
});
