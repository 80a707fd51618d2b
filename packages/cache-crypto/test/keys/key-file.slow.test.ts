import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Secret } from '@pw/cache-models';
import { makeOddFile, makeTempDir, ODD_FILES, RecordingLogger } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CredentialEncryptor, generateKey } from '../../src/index.ts';
import { readKeyFile } from '../../src/keys/key-file.ts';
import { errorOf } from '../error-of.ts';

const temp = () => makeTempDir(onTestFinished);

describe('a key file', () => {
  it('is created once, readable by its owner only regardless of the umask, and used from then on without a warning', () => {
    const directory = temp();
    const keyFile = join(directory, 'keys', 'cache.key');
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const logger = new RecordingLogger();
    const first = new CredentialEncryptor({ keyFile, env: {}, logger });
    const token = first.encrypt(Secret.of('hunter2'));
    expect(readFileSync(keyFile, 'latin1')).toBe(`${first.key}\n`);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'keys')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, 'keys'))).toEqual(['cache.key']);
    const second = new CredentialEncryptor({ keyFile, env: {}, logger });
    expect(second.decrypt(token).reveal()).toBe('hunter2');
    expect(second.keyOf(token)).toBe('current');
    expect(logger.lines).toEqual([]);
  });

  it('is not created if the options or the environment have a key, but an existing one still opens tokens', () => {
    const keyFile = join(temp(), 'cache.key');
    const key = generateKey();
    expect(new CredentialEncryptor({ key, keyFile, env: {} }).key).toBe(key);
    expect(new CredentialEncryptor({ keyFile, env: { PROXYWHIRL_CACHE_ENCRYPTION_KEY: key } }).key).toBe(key);
    expect(existsSync(keyFile)).toBe(false);
    const token = new CredentialEncryptor({ keyFile, env: {} }).encrypt(Secret.of('x'));
    expect(new CredentialEncryptor({ key, keyFile, env: {} }).keyOf(token)).toBe('previous');
  });

  it('seals if all other keys are older ones, which still open tokens', () => {
    const keyFile = join(temp(), 'cache.key');
    const old = generateKey();
    const token = new CredentialEncryptor({ key: old, env: {} }).encrypt(Secret.of('x'));
    for (const options of [{ previousKeys: [old], env: {} }, { env: { PROXYWHIRL_CACHE_KEY_PREVIOUS: old } }]) {
      const encryptor = new CredentialEncryptor({ keyFile, ...options });
      expect(encryptor.key).toBe(readFileSync(keyFile, 'latin1').trim());
      expect(encryptor.keyOf(token)).toBe('previous');
    }
  });

  it('has one key for all processes that create it concurrently', async () => {
    const keyFile = join(temp(), 'keys', 'cache.key');
    const program = `
      import { CredentialEncryptor } from '@pw/cache-crypto';
      while (Date.now() < ${Date.now() + 1500});
      console.log(new CredentialEncryptor({ keyFile: ${JSON.stringify(keyFile)}, env: {} }).key);`;
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
    const options = { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] as const };
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, args, { ...options, stdio: [...options.stdio] }),
    );
    const keys = await Promise.all(children.map((child) => text(child.stdout!)));
    expect(new Set(keys)).toEqual(new Set([readFileSync(keyFile, 'latin1')]));
    expect(readdirSync(join(keyFile, '..'))).toEqual(['cache.key']);
  });

  it('can be read while a worker repeatedly creates and removes it', async () => {
    const keyFile = join(temp(), 'cache.key');
    const source = join(keyFile, '..', 'source');
    writeFileSync(source, generateKey(), { mode: 0o600 });
    const toggle = `
      const { linkSync, rmSync } = require('node:fs');
      const [source, target] = ${JSON.stringify([source, keyFile])};
      for (let n = 0; n < 20_000; n++) { linkSync(source, target); rmSync(target); }`;
    const worker = new Worker(toggle, { eval: true });
    let isOver = false;
    const over = once(worker, 'exit').then(() => {
      isOver = true;
    });
    let found = 0;
    while (!isOver) {
      for (let n = 0; n < 500; n++) if (readKeyFile(keyFile) !== undefined) found++;
      await setImmediate();
    }
    await over;
    expect(found).toBeGreaterThan(0);
  });

  it('is refused if it is a symbolic link, dangling or not, and its target is not created', () => {
    const directory = temp();
    const target = join(directory, 'target');
    const keyFile = join(directory, 'link');
    symlinkSync(target, keyFile);
    for (const isThere of [false, true]) {
      if (isThere) writeFileSync(target, generateKey(), { mode: 0o600 });
      const error = errorOf(() => new CredentialEncryptor({ keyFile, env: {} }));
      expect(error.message).toContain('symbolic link');
      expect(error.code).toBe('CACHE_CONFIG_INVALID');
      expect(existsSync(target)).toBe(isThere);
    }
  });

  it('is refused if others may read it, or if it is a folder', () => {
    const keyFile = join(temp(), 'cache.key');
    const key = generateKey();
    writeFileSync(keyFile, key);
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(keyFile, mode);
      const error = errorOf(() => new CredentialEncryptor({ keyFile, env: {} }));
      expect(error.code).toBe('CACHE_CONFIG_INVALID');
      expect(error.message).toContain('chmod 600');
      expect(error.message).not.toContain(key);
    }
    const error = errorOf(() => new CredentialEncryptor({ keyFile: temp(), env: {} }));
    expect(error.message).toContain('is a folder');
  });

  it.each(ODD_FILES.filter((kind) => !kind.includes('link') && (kind !== 'device' || process.getuid?.() === 0)))(
    'is refused immediately if a %s is in its place',
    (kind) => {
      const keyFile = join(temp(), 'cache.key');
      makeOddFile(kind, keyFile, `${keyFile}.victim`);
      if (kind === 'huge file') chmodSync(keyFile, 0o600);
      // In a child process, because a thread that waits in a system call can only be ended from outside.
      const program = `
        import { CredentialEncryptor } from '@pw/cache-crypto';
        try { new CredentialEncryptor({ keyFile: ${JSON.stringify(keyFile)}, env: {} }); }
        catch ({ code, message }) { console.log(code, message); }`;
      const args = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
      const { stdout } = spawnSync(process.execPath, args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stdout).toContain(kind === 'huge file' ? 'CACHE_KEY_INVALID' : 'CACHE_CONFIG_INVALID');
      expect(stdout).toContain(keyFile);
    },
  );

  it('is refused in a world-writable folder, and with a second hard link under "strict"', () => {
    const folder = join(temp(), 'keys');
    const keyFile = join(folder, 'cache.key');
    new CredentialEncryptor({ keyFile, env: {} });
    linkSync(keyFile, join(folder, 'too'));
    const logger = new RecordingLogger();
    new CredentialEncryptor({ keyFile, env: {}, logger });
    expect(logger.text).toContain('hard link');
    const strict = errorOf(() => new CredentialEncryptor({ keyFile, env: {}, directoryChecks: 'strict' }));
    expect(strict.message).toContain('hard link');
    chmodSync(folder, 0o777);
    const error = errorOf(() => new CredentialEncryptor({ keyFile, env: {} }));
    expect(error.message).toContain('chmod o-w');
    expect(error.code).toBe('CACHE_CONFIG_INVALID');
    new CredentialEncryptor({ keyFile, env: {}, directoryChecks: 'off' });
    rmSync(keyFile);
    expect(errorOf(() => new CredentialEncryptor({ keyFile, env: {} })).code).toBe('CACHE_CONFIG_INVALID');
    expect(existsSync(keyFile)).toBe(false);
  });

  it.each(['', 'no key', `${generateKey()}x`, 'x'.repeat(100_000)])(
    'is reported as an invalid key if it contains something else, and is not changed',
    (content) => {
      const keyFile = join(temp(), 'cache.key');
      writeFileSync(keyFile, content, { mode: 0o600 });
      const error = errorOf(() => new CredentialEncryptor({ keyFile, env: {} }));
      expect(error.code).toBe('CACHE_KEY_INVALID');
      expect(error.message).toContain(keyFile);
      expect(error.message).toContain('generate-key');
      if (content !== '') expect(error.message).not.toContain(content);
      expect(readFileSync(keyFile, 'latin1')).toBe(content);
    },
  );

  it('is refused among the files of the cache, even through a link, but not beside their folder', () => {
    const directory = temp();
    const cache = join(directory, 'cache');
    mkdirSync(cache);
    symlinkSync(cache, join(directory, 'alias'));
    const cachePlaces = { directories: [cache], files: [join(directory, 'db', 'cache.db')] };
    const make = (...parts: string[]) =>
      new CredentialEncryptor({ keyFile: join(directory, ...parts), cachePlaces, env: {} });
    for (const parts of [
      ['cache', 'key'],
      ['cache', 'a', 'b', 'key'],
      ['alias', 'key'],
      ['x', '..', 'cache', 'key'],
      ['db', 'key'],
    ])
      expect(errorOf(() => make(...parts)).message).toContain('keyFile: must not be among the files of the cache');
    expect(readdirSync(cache)).toEqual([]);
    for (const parts of [['key'], ['cache-keys', 'key'], ['..cache', 'key'], ['db', 'keys', 'key']])
      expect(make(...parts).key).toHaveLength(44);
  });

  it('reports the system’s error code if it cannot be created', () => {
    const directory = temp();
    writeFileSync(join(directory, 'file'), '');
    const error = errorOf(() => new CredentialEncryptor({ keyFile: join(directory, 'file', 'key'), env: {} }));
    expect(error.message).toContain('ENOTDIR');
    expect(error.code).toBe('CACHE_STORAGE_FAILED');
  });
});
