import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

const folder = () => makeTempDir(onTestFinished);
const MIB = 1024 * 1024;

const refusal = async (path: string) => {
  const result = await warmFromFile(new MapTarget(), path);
  expect(result).toMatchObject({ loaded: 0, skipped: 0, failed: 1, problemCount: 1 });
  return result.problems[0];
};

describe('the path of an import', () => {
  it('must not be a directory', async () => {
    const reason = 'the file cannot be read: it is a directory (EISDIR)';
    expect(await refusal(folder())).toEqual({ line: 0, reason });
  });

  it.skipIf(process.platform === 'win32')('must not be a device', async () => {
    const path = join(folder(), 'list.txt');
    symlinkSync('/dev/zero', path);
    const reason = 'the file cannot be read: it is a device, not a regular file or a pipe';
    expect(await refusal(path)).toEqual({ line: 0, reason });
  });

  it.skipIf(process.platform === 'win32')('must not be a socket', async () => {
    const path = join(folder(), 's');
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    onTestFinished(() => void server.close());
    expect((await refusal(path))?.reason).toMatch(/^the file cannot be read/);
  });

  it.skipIf(process.platform === 'win32')('may be a pipe', async () => {
    const path = join(folder(), 'pipe');
    execFileSync('mkfifo', [path]);
    const target = new MapTarget();
    const importing = warmFromFile(target, path, { format: 'json' });
    await writeFile(path, JSON.stringify(Array.from({ length: 40_000 }, (_, i) => ({ ip: '10.0.0.1', port: 1 + i }))));
    expect(await importing).toMatchObject({ loaded: 40_000, failed: 0 });
  });

  it.each(['json', 'jsonl', 'csv', 'txt'])(
    'is refused in bounded memory if it is a large sparse file: .%s',
    async (type) => {
      const path = join(folder(), `sparse.${type}`);
      writeFileSync(path, 'x'.repeat(MIB / 64));
      truncateSync(path, 256 * MIB);
      const before = process.memoryUsage().rss;
      const problem = await refusal(path);
      expect(problem?.reason).toMatch(type === 'json' ? /larger than 64 MiB/ : /longer than 1 MiB/);
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    },
  );
});
