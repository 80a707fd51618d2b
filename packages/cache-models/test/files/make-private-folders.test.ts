import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makePrivateFolders } from '../../src/tier/index.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('makePrivateFolders', () => {
  it.each([0, 0o002, 0o077, 0o777])(
    'creates each folder with mode 0700 under umask %o, and does not change existing ones',
    (umask) => {
      const top = join(makeTempDir(onTestFinished), 'top');
      mkdirSync(top);
      chmodSync(top, 0o755);
      const before = process.umask(umask);
      onTestFinished(() => void process.umask(before));
      makePrivateFolders(join(top, 'a', 'b'));
      makePrivateFolders(join(top, 'a', 'b'));
      expect(modeOf(top)).toBe(0o755);
      expect(modeOf(join(top, 'a'))).toBe(0o700);
      expect(modeOf(join(top, 'a', 'b'))).toBe(0o700);
    },
  );

  it('creates a private folder in a parent with an inherited group', () => {
    const top = join(makeTempDir(onTestFinished), 'top');
    mkdirSync(top);
    // Only root may assign a folder to a group that it is not a member of.
    if (process.getuid?.() === 0) chownSync(top, 0, 54_321);
    chmodSync(top, 0o2775);
    makePrivateFolders(join(top, 'a'));
    expect(statSync(join(top, 'a')).gid).toEqual(statSync(top).gid);
    expect(modeOf(join(top, 'a'))).toBe(0o700);
    expect(statSync(top).mode & 0o7777).toBe(0o2775);
  });

  it('throws the system’s error if a file is in the way', () => {
    expect(() => makePrivateFolders('/dev/null/a')).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });
});
