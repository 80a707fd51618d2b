import { closeSync, constants, fstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOddFile, makeTempDir, ODD_FILES } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRegularFile } from '../../src/tier/index.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const newPath = () => join(makeTempDir(onTestFinished), 'file');

describe('openRegularFile', () => {
  it('opens a file, and returns its stats', () => {
    const path = newPath();
    writeFileSync(path, 'four');
    const { fd, stats } = openRegularFile(path, O_RDONLY, { what: 'file' });
    onTestFinished(() => closeSync(fd));
    expect(readFileSync(fd, 'utf8')).toBe('four');
    expect(stats.size).toBe(4);
    expect(fstatSync(fd).ino).toEqual(stats.ino);
  });

  it.each([0, 0o077, 0o777])('creates a file with mode 0600 under umask %o', (umask) => {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const path = newPath();
    closeSync(openRegularFile(path, O_WRONLY | O_CREAT | O_EXCL, { what: 'file' }).fd);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('does not change the mode of an existing file', () => {
    const path = newPath();
    writeFileSync(path, '', { mode: 0o644 });
    closeSync(openRegularFile(path, O_RDWR, { what: 'file' }).fd);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('refuses a file that is too large, without reading it', () => {
    const path = newPath();
    writeFileSync(path, 'x'.repeat(11));
    const refused = () => openRegularFile(path, O_RDONLY, { what: 'layout file', tier: 'l2', maxBytes: 10 });
    expect(refused).toThrow(expect.objectContaining({ code: 'CACHE_UNSAFE_PATH', tier: 'l2' }));
    expect(refused).toThrow(`l2: layout file ${path}: has 11 bytes`);
  });

  it('throws the system’s error if nothing is there', () => {
    expect(() => openRegularFile(newPath(), O_RDONLY, { what: 'file' })).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });

  const odd = ODD_FILES.filter((kind) => kind !== 'huge file' && (kind !== 'device' || process.getuid?.() === 0));
  it.each(odd)(
    'refuses a %s for reading, writing and appending without blocking, and leaves no descriptor open',
    (kind) => {
      const path = newPath();
      const victim = `${path}.victim`;
      writeFileSync(victim, 'mine');
      makeOddFile(kind, path, victim);
      const next = () => {
        const { fd } = openRegularFile(victim, O_RDONLY, { what: 'file' });
        closeSync(fd);
        return fd;
      };
      const before = next();
      for (const flags of [O_RDONLY, O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_CREAT])
        expect(() => openRegularFile(path, flags, { what: 'file' })).toThrow(
          expect.objectContaining({ code: 'CACHE_UNSAFE_PATH', message: expect.stringContaining(path) }),
        );
      expect(next()).toBe(before);
      expect(readFileSync(victim, 'utf8')).toBe('mine');
    },
  );
});
