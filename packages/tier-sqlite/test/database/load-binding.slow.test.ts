import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CacheError, CacheErrorCode } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { checkRuntime, loadBinding } from '../../src/database/load-binding.ts';

describe('the native binding', () => {
  it('is not loaded by importing the package', () => {
    const program = `
      await import(${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))});
      const { createRequire } = await import('node:module');
      const cache = Object.keys(createRequire(${JSON.stringify(import.meta.filename)}).cache);
      console.log(cache.filter((name) => name.includes('better-sqlite3')).length);`;
    const options = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
    expect(execFileSync(process.execPath, options, { encoding: 'utf8' }).trim()).toBe('0');
  });

  it('is not loaded on a Node.js that is too old', () => {
    let loads = 0;
    const load = () => {
      loads++;
      throw new Error('must not be loaded');
    };
    const old = { node: '22.13.1', napi: '9' };
    expect(() => loadBinding(load, old)).toThrow(/needs Node\.js 22\.14 or newer, but this is 22\.13\.1/);
    expect(loads).toBe(0);
    expect(() => checkRuntime({ node: '22.14.0', napi: '10' })).not.toThrow();
    expect(() => checkRuntime()).not.toThrow();
  });

  it('that cannot be loaded causes an error with the remedy', () => {
    const cause = Object.assign(new Error('no such file'), { code: 'ERR_DLOPEN_FAILED' });
    try {
      loadBinding(() => {
        throw cause;
      });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CacheError);
      expect(error).toMatchObject({ code: CacheErrorCode.RUNTIME_UNSUPPORTED, cause });
      expect((error as Error).message).toMatch(/install it again/);
    }
  });
});
