import { existsSync, lstatSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownIdentity } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HolderNames } from '../../src/lock/holder-names.ts';
import { newDirectory } from '../support/tiers.ts';

// Processes are identified on Linux only.
describe.runIf(process.platform === 'linux')('the file of a process that has ended', () => {
  /** A directory with the lock of a shard, and a holder file with this line for it. */
  function setUp(lineOf: (folder: { ino: number; birthtimeMs: number }) => string) {
    const directory = newDirectory(onTestFinished);
    mkdirSync(directory);
    const lock = join(directory, 'shard_02.jsonl.lock');
    const { space, start } = ownIdentity();
    const path = join(directory, `pw-holder.${space}.${2 ** 30}.${start}.0123456789ab`);
    // Announced before the folder is made.
    writeFileSync(path, '');
    mkdirSync(lock);
    const folder = lstatSync(lock);
    const line = `${lineOf(folder).padEnd(47)}\n`;
    writeFileSync(path, Buffer.concat([Buffer.alloc(2 * 48), Buffer.from(line, 'latin1')]), { mode: 0o600 });
    const names = new HolderNames(directory);
    onTestFinished(() => names.close());
    return { names, path, lock, folder };
  }

  it('is kept while there is a lock that only it names', () => {
    const { names, path, lock, folder } = setUp(({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`);
    names.removeStale();
    expect(names.isDead(2, folder)).toBe(true);
    rmdirSync(lock);
    names.removeStale();
    expect(existsSync(path)).toBe(false);
  });

  it('is kept while there is a lock that it may have been about to take', () => {
    const { names, path, lock } = setUp(() => 'taking');
    names.removeStale();
    expect(existsSync(path)).toBe(true);
    rmdirSync(lock);
    names.removeStale();
    expect(existsSync(path)).toBe(false);
  });

  it('is removed if the lock is that of another process', () => {
    const { names, path } = setUp(() => '-');
    names.removeStale();
    expect(existsSync(path)).toBe(false);
  });
});
