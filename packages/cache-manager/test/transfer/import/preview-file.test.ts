import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CacheValidationError } from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportToFile } from '../../../src/transfer/export/index.ts';
import { type PreviewOptions, previewFile, warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget, revealed } from '../../support/import-target.ts';

const CSV = 'ip,port,username,password,country\n10.0.0.1,80,ann,hunter2,DE\n10.0.0.2,81,,,US\n999.0.0.1,80,,,\n,,,,\n';

function fileOf(text: string, name = 'list.csv') {
  const folder = makeTempDir(onTestFinished);
  writeFileSync(join(folder, name), text);
  return { folder, path: join(folder, name) };
}

describe('previewFile', () => {
  it('returns the entries and counts of an import and does not touch the folder', async () => {
    const { folder, path } = fileOf(CSV);
    const clock = new ManualClock();
    const target = new MapTarget();
    const imported = await warmFromFile(target, path);
    const { entries, ...counts } = await previewFile(path, { clock });
    expect(counts).toEqual(imported);
    expect(counts).toMatchObject({ loaded: 2 });
    expect(entries.map(revealed)).toEqual([...target.map.values()].map(revealed));
    expect(readdirSync(folder)).toEqual(['list.csv']);
  });

  it('returns at most `limit` entries and counts all rows', async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`).join('\n');
    for (const [limit, length] of [
      [undefined, 10],
      [0, 0],
      [3, 3],
      [1500, 1500],
    ] as const) {
      const { entries, loaded } = await previewFile([Buffer.from(lines)], { limit, batchSize: 700 });
      expect(entries.length).toEqual(length);
      expect(loaded).toBe(2000);
    }
  });

  it('reads a stream', async () => {
    const { entries } = await previewFile(
      Readable.from([Buffer.from('[{"ip":"10.0.'), Buffer.from('0.1","port":80}]')]),
    );
    expect(entries.map(({ proxyUrl }) => proxyUrl)).toEqual(['http://10.0.0.1:80']);
  });

  it('counts a stream of strings as an unreadable file, with the reason', async () => {
    const { failed, problems } = await previewFile(Readable.from(['10.0.0.1:80']) as never);
    expect(failed).toBe(1);
    expect(problems[0]?.reason).toMatch(/something other than bytes; do not set an encoding/);
  });

  it('opens the sealed credentials of an export with its cipher', async () => {
    const target = new MapTarget();
    await warmFromFile(target, fileOf(CSV).path);
    const { path } = fileOf('', 'all.jsonl');
    await exportToFile({ entries: () => target.map.values(), cipher: new TestCipher() }, path);
    const clock = target.clock;
    const { entries, loaded } = await previewFile(path, { cipher: new TestCipher(), clock });
    expect(loaded).toBe(2);
    expect(entries[0]?.password?.reveal()).toBe('hunter2');
    expect(await previewFile(path, { clock })).toMatchObject({ loaded: 1, failed: 1 });
  });

  it.each<[string, unknown]>([
    ['limit', { limit: -1 }],
    ['cipher', { cipher: {} }],
    ['clock', { clock: 5 }],
    ['format', { format: 'xml' }],
    ['limits', { limits: 5 }],
    ['options', null],
  ])('refuses a wrong %s with an error that names it', async (path, options) => {
    const error = await previewFile('x.txt', options as PreviewOptions).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect((error as CacheValidationError).problems.map((problem) => problem.path)).toEqual([path]);
  });
});
