import { chmodSync, lchownSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DirectoryChecks } from '../../src/index.ts';
import { FileGuard } from '../../src/tier/index.ts';

const OURS = process.geteuid!();
const OTHER = 54_321;

function folderWith(mode: number): string {
  const path = join(makeTempDir(onTestFinished), 'folder');
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function guardWith(checks: DirectoryChecks | undefined, userId = OURS) {
  const logger = new RecordingLogger();
  return { logger, guard: new FileGuard({ checks, logger, tier: 'l2', userId }) };
}

/** How a folder is treated: `used`, `warned` or `refused`. Also checks that its mode stays the same. */
function treatmentOf(checks: DirectoryChecks | undefined, mode: number, userId?: number): string {
  const path = folderWith(mode);
  const { guard, logger } = guardWith(checks, userId);
  try {
    guard.checkDirectory(path);
    guard.checkDirectory(path);
  } catch (error) {
    expect(error).toMatchObject({ code: 'CACHE_UNSAFE_PATH', retryable: false, tier: 'l2' });
    expect((error as Error).message).toContain(path);
    return 'refused';
  } finally {
    expect(lstatSync(path).mode & 0o7777).toBe(mode);
  }
  expect(logger.lines.length).toBeLessThanOrEqual(1);
  return logger.lines.length === 1 ? 'warned' : 'used';
}

describe('a folder', () => {
  it.each([
    // mode, warn, strict, off
    [0o700, 'used', 'used', 'used'],
    [0o755, 'used', 'used', 'used'],
    [0o770, 'warned', 'refused', 'used'],
    [0o2775, 'warned', 'refused', 'used'],
    [0o1777, 'warned', 'refused', 'used'],
    [0o777, 'refused', 'refused', 'used'],
    [0o702, 'refused', 'refused', 'used'],
  ] as const)(
    'of this user with mode %o is used, causes one warning, or is refused, according to directoryChecks',
    (mode, ...wanted) => {
      expect((['warn', 'strict', 'off'] as const).map((checks) => treatmentOf(checks, mode))).toEqual(wanted);
      expect(treatmentOf(undefined, mode)).toBe(wanted[0]);
    },
  );

  it('of another user causes one warning, is refused by "strict" and accepted by "off"; root is trusted', () => {
    // The user who runs the test owns the folder, so the guard gets another user's id.
    const wanted = OURS === 0 ? ['used', 'used', 'used'] : ['warned', 'refused', 'used'];
    expect((['warn', 'strict', 'off'] as const).map((checks) => treatmentOf(checks, 0o755, OTHER))).toEqual(wanted);
  });
});

it.runIf(OURS === 0)(
  'a link to a folder is refused if it belongs to another user, and followed if it belongs to this one',
  () => {
    const path = folderWith(0o700);
    const link = `${path}.link`;
    symlinkSync(path, link);
    guardWith('strict').guard.checkDirectory(link);
    lchownSync(link, OTHER, OTHER);
    for (const checks of ['warn', 'strict'] as const)
      expect(() => guardWith(checks).guard.checkDirectory(link)).toThrow(
        expect.objectContaining({ code: 'CACHE_UNSAFE_PATH', message: expect.stringContaining('symbolic link') }),
      );
    guardWith('off').guard.checkDirectory(link);
  },
);

describe('a file with two hard links', () => {
  const linked = () => {
    const path = join(makeTempDir(onTestFinished), 'file');
    writeFileSync(path, '');
    linkSync(path, `${path}.too`);
    return { path, stats: lstatSync(path) };
  };

  it('causes one warning if it belongs to this user or root, and is refused by "strict"', () => {
    const { path, stats } = linked();
    const { guard, logger } = guardWith('warn');
    for (let n = 0; n < 3; n++) guard.checkLinks(path, 'shard', stats);
    expect(logger.lines.map(({ level, fields }) => [level, fields['path']])).toEqual([['warn', path]]);
    expect(() => guardWith('strict').guard.checkLinks(path, 'shard', stats)).toThrow(/hard link/);
    guardWith('off').guard.checkLinks(path, 'shard', stats);
  });

  it('is refused if it belongs to another user', () => {
    const { path, stats } = linked();
    const foreign = Object.assign(Object.create(Object.getPrototypeOf(stats) as object), stats, { uid: OTHER });
    for (const checks of ['warn', 'strict'] as const)
      expect(() => guardWith(checks).guard.checkLinks(path, 'shard', foreign)).toThrow(
        expect.objectContaining({ code: 'CACHE_UNSAFE_PATH' }),
      );
    guardWith('off').guard.checkLinks(path, 'shard', foreign);
  });
});
