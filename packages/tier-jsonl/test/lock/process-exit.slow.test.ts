import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '..', 'support', 'exiting-child.ts'));

function runChild(directory: string, how: string) {
  const args = ['--conditions=@pw/source', CHILD, directory, how];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('a process that ends in the middle of a burst of writes', () => {
  it.each([
    ['by process.exit()', 'exit', 0],
    ['by an uncaught error', 'error', 1],
    ['because nothing is left to do', 'nothing', 0],
  ])('leaves no lock behind: %s', (_, how, status) => {
    const directory = newDirectory();
    const ended = runChild(directory, how);
    expect(ended.status).toBe(status);
    expect(ended.stdout).toBe('holds a lock\n');
    const left = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(0);
    expect(left.filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

describe('the exit listener that releases locks', () => {
  it('exists while a lock is held, and is removed when the tier is closed', async () => {
    const before = process.listenerCount('exit');
    const tier = newTier(newDirectory());
    // Two writes in quick succession keep it.
    while (process.listenerCount('exit') === before) await tier.put('k', makeEntry('k'));
    expect(process.listenerCount('exit')).toBe(before + 1);
    await tier.close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
