import { readdirSync } from 'node:fs';
import { makeTempDir } from '@pw/test-support';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { JsonlCacheTier } from '../src/index.ts';

const links = vi.hoisted(() => ({ code: 'EPERM', tries: 0 }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const linkSync = () => {
    links.tries++;
    throw Object.assign(new Error(`${links.code}: link`), { code: links.code });
  };
  return { ...fs, linkSync, default: { ...fs, linkSync } };
});

beforeEach(() => {
  links.tries = 0;
});

function newStore() {
  const directory = makeTempDir(onTestFinished);
  const open = () => {
    const tier = new JsonlCacheTier({ directory });
    onTestFinished(() => tier.close());
    return tier.sideValues;
  };
  return { open, files: () => readdirSync(directory).filter((name) => name.startsWith('pw-side-')) };
}

describe('a side value on a file system without hard links', () => {
  it.each(['EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOSYS'])('is stored once, without leftovers (%s)', async (code) => {
    links.code = code;
    const { open, files } = newStore();
    const values = open();
    expect(await values.storeIfAbsent('key', 'first')).toBe('first');
    expect(links.tries).toBe(1);
    expect(await values.storeIfAbsent('key', 'second')).toBe('first');
    expect(await open().read('key')).toBe('first');
    expect(await open().replace('key', 'first', 'third')).toBe(true);
    expect(await values.read('key')).toBe('third');
    expect(files()).toEqual(['pw-side-key.txt']);
  });

  it('is the same for all concurrent writers', async () => {
    links.code = 'EPERM';
    const { open, files } = newStore();
    const stored = await Promise.all(Array.from({ length: 8 }, (_, i) => open().storeIfAbsent('key', `value-${i}`)));
    expect(new Set(stored).size).toBe(1);
    expect(await open().read('key')).toBe(stored[0]);
    expect(files()).toEqual(['pw-side-key.txt']);
  });

  it('is not stored if linking fails for any other reason, and leaves no file', async () => {
    links.code = 'EIO';
    const { open, files } = newStore();
    await expect(open().storeIfAbsent('key', 'first')).rejects.toThrow(/access a side value/);
    expect(files()).toEqual([]);
  });
});
