import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openCache } from '@pw/cache-manager';
import { CacheEntry, type DirectoryChecks, L2BackendType } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';

const SOMEBODY = 54_321;
const ROOT = process.getuid?.() === 0;
const BACKENDS = [L2BackendType.JSONL, L2BackendType.SQLITE] as const;
/** Root with full read and write access that cannot change modes or owners of others' files, as on a network mount. */
const WITHOUT_OWNERSHIP = ['setpriv', '--bounding-set=-fowner,-chown,-fsetid', '--inh-caps=-fowner,-chown,-fsetid'];

function configOf(dir: string, l2Backend: L2BackendType, directoryChecks?: DirectoryChecks) {
  return {
    l2Backend,
    l2CacheDir: join(dir, 'l2'),
    l3DatabasePath: join(dir, 'db', 'l3.db'),
    keyFile: join(dir, 'keys', 'cache.key'),
    ...(directoryChecks === undefined ? {} : { directoryChecks }),
  };
}

const entries = () =>
  Array.from({ length: 10 }, (_, n) =>
    CacheEntry.create({ key: `k${n}`, proxyUrl: `http://u:p${n}@198.18.0.1:80`, ttlSeconds: 1e8 }),
  );

async function fill(dir: string, backend: L2BackendType, logger = new RecordingLogger()): Promise<RecordingLogger> {
  const cache = await openCache(configOf(dir, backend), { logger, env: {} });
  expect(await cache.putMany(entries())).not.toContain(false);
  await cache.close();
  return logger;
}

const itemsIn = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).map((item) => join(item.parentPath, item.name));
const stateOf = (dir: string) =>
  Object.fromEntries(
    itemsIn(dir).map((path) => [path, [statSync(path).mode & 0o7777, statSync(path).uid, statSync(path).gid]]),
  );

describe.each(BACKENDS)('with l2 as %s', (backend) => {
  it('umask 002 and a setgid folder give the group no access', async () => {
    const dir = join(makeTempDir(onTestFinished), 'shared');
    mkdirSync(dir);
    if (ROOT) chownSync(dir, 0, SOMEBODY);
    chmodSync(dir, 0o2775);
    const before = process.umask(0o002);
    onTestFinished(() => void process.umask(before));
    const logger = await fill(dir, backend);
    for (const path of itemsIn(dir)) {
      const found = lstatSync(path);
      expect(found.mode & 0o777, path).toEqual(found.isDirectory() ? 0o700 : 0o600);
    }
    expect(statSync(dir).mode & 0o7777).toBe(0o2775);
    // Our own files are private, regardless of who may write to the parent folder.
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('a group-writable folder is used with one warning, refused by "strict", and accepted by "off"', async () => {
    const dir = makeTempDir(onTestFinished);
    for (const name of ['l2', 'db', 'keys']) {
      mkdirSync(join(dir, name));
      chmodSync(join(dir, name), 0o770);
    }
    const logger = await fill(dir, backend);
    expect(logger.lines.map(({ fields }) => fields['path']).sort()).toEqual([
      join(dir, 'db'),
      join(dir, 'keys'),
      join(dir, 'l2'),
    ]);
    await expect(openCache(configOf(dir, backend, 'strict'), { env: {} })).rejects.toMatchObject({
      code: 'CACHE_CONFIG_INVALID',
      message: expect.stringContaining(join(dir, 'keys')),
    });
    chmodSync(join(dir, 'keys'), 0o700);
    const strict = new RecordingLogger();
    const cache = await openCache(configOf(dir, backend, 'strict'), { logger: strict, env: {} });
    expect(cache.getStatistics().tiers.map(({ name, degraded }) => [name, degraded])).toEqual([
      ['l1', false],
      ['l2', true],
      ['l3', true],
    ]);
    expect(strict.text).toContain(join(dir, 'l2'));
    await cache.close();
    const off = new RecordingLogger();
    await (await openCache(configOf(dir, backend, 'off'), { logger: off, env: {} })).close();
    expect(off.text).toBe('');
    expect(statSync(join(dir, 'l2')).mode & 0o7777).toBe(0o770);
  });

  it('a world-writable folder is refused, with the command that fixes it', async () => {
    const dir = makeTempDir(onTestFinished);
    await fill(dir, backend);
    chmodSync(join(dir, 'l2'), 0o777);
    const logger = new RecordingLogger();
    const cache = await openCache(configOf(dir, backend), { logger, env: {} });
    onTestFinished(() => cache.close());
    expect(cache.getStatistics().tiers.map(({ degraded }) => degraded)).toEqual([false, true, false]);
    expect(logger.text).toContain(`${join(dir, 'l2')}: anyone may replace files in it`);
    expect(logger.text).toContain('chmod o-w');
  });

  it('files with a second hard link are used with one warning each', async () => {
    const dir = makeTempDir(onTestFinished);
    await fill(dir, backend);
    const names = [join(dir, 'db', 'l3.db'), join(dir, 'keys', 'cache.key')];
    for (const name of names) linkSync(name, join(dir, `${names.indexOf(name)}.too`));
    const logger = await fill(dir, backend);
    expect(logger.lines.map(({ fields }) => fields['path']).sort()).toEqual(names);
    expect(logger.text).toContain('hard link');
  });

  it.runIf(ROOT)('root uses another user’s store whose modes it may not change, and changes none', async () => {
    const dir = makeTempDir(onTestFinished);
    await fill(dir, backend);
    rmSync(join(dir, 'keys'), { recursive: true });
    for (const path of [dir, ...itemsIn(dir)]) {
      chownSync(path, SOMEBODY, SOMEBODY);
      chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);
    }
    const before = stateOf(dir);
    const script = `
      import { openCache } from '@pw/cache-manager';
      const warnings = [];
      const logger = { debug() {}, info() {}, warn: (fields) => warnings.push(fields.path), error() {} };
      const cache = await openCache(${JSON.stringify({ ...configOf(dir, backend), keyFile: undefined })}, { logger, env: {} });
      const keys = (await cache.keys()).length;
      const { CacheEntry } = await import('@pw/cache-models');
      const stored = await cache.put('new', CacheEntry.create({ key: 'new', proxyUrl: 'http://198.18.0.2:80', ttlSeconds: 1e8 }));
      await cache.close();
      console.log(JSON.stringify({ keys, stored, warnings }));`;
    const argv = [
      ...WITHOUT_OWNERSHIP,
      process.execPath,
      '--conditions=@pw/source',
      '--input-type=module',
      '-e',
      script,
    ];
    const { stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      timeout: 30_000,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ keys: 10, stored: true, warnings: [join(dir, 'l2'), join(dir, 'db')] });
    const after = stateOf(dir);
    // A value that is replaced is a new file, whose owner may not be changed here.
    for (const [path, state] of Object.entries(before))
      if (path in after && !path.endsWith('pw-side-agreed-position.txt')) {
        expect(after[path], path).toEqual(state);
      }
  });
});
