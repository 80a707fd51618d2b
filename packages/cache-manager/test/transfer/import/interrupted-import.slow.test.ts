import { execFileSync } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WarmOptions, type WarmProgress, warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget } from '../../support/import-target.ts';

const folder = () => makeTempDir(onTestFinished);

function fifo(): string {
  const path = join(folder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

/** Collects the progress reports. */
function reporting(more: WarmOptions = {}) {
  const reports: WarmProgress[] = [];
  const options: WarmOptions = { ...more, format: 'list', onProgress: (progress) => reports.push(progress) };
  return { options, last: () => reports.at(-1)! };
}

describe('an import that is aborted', () => {
  it('stores the rows read so far and reports them in the last progress call', async () => {
    const path = join(folder(), 'list.txt');
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      i % 100 === 1 ? 'no proxy' : `10.0.${i >> 8}.${i & 255}:80`,
    );
    writeFileSync(path, lines.join('\n'));
    const target = new MapTarget();
    const abort = new AbortController();
    let rows = 0;
    const { options, last } = reporting({
      signal: abort.signal,
      refuse: () => {
        // In the middle of a batch.
        if (++rows === 1234) abort.abort(new Error('enough'));
        return undefined;
      },
    });
    await expect(warmFromFile(target, path, options)).rejects.toThrow('enough');
    expect(last().loaded).toBe(1234);
    expect(target.map.size).toBe(1234);
    expect(last()).toMatchObject({ skipped: 13, failed: 0, problemCount: 13 });
    expect(last().problems.map(({ line }) => line)).toEqual(Array.from({ length: 13 }, (_, i) => i * 100 + 2));
  });

  it('does not wait for the next bytes of a pipe', async () => {
    const path = fifo();
    const writer = createWriteStream(path);
    // The import closes the pipe before reading all of it.
    writer.on('error', () => {});
    onTestFinished(() => void writer.destroy());
    // More than the import buffers before it reads the first row.
    const lines = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`);
    writer.write(`${lines.join('\n')}\n`);
    const target = new MapTarget();
    const abort = new AbortController();
    const { options, last } = reporting({ signal: abort.signal, batchSize: 100 });
    const onProgress = (progress: WarmProgress) => {
      options.onProgress?.(progress);
      if (progress.loaded >= 5000) setImmediate(() => abort.abort(new Error('enough')));
    };
    await expect(warmFromFile(target, path, { ...options, onProgress })).rejects.toThrow('enough');
    expect(last().loaded).toBe(target.map.size);
    expect(last().loaded).toBeGreaterThanOrEqual(5000);
  });

  it('does not wait for a pipe without a writer', async () => {
    const run = warmFromFile(new MapTarget(), fifo(), { signal: AbortSignal.timeout(20) });
    await expect(run).rejects.toThrow(/timeout/i);
  });
});

describe('an import from a pipe', () => {
  it('reads everything that is written to it, whatever the size of the pieces', async () => {
    const path = fifo();
    const target = new MapTarget();
    const run = warmFromFile(target, path, { format: 'list' });
    const writer = createWriteStream(path);
    const text = Array.from({ length: 30_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80\n`).join('');
    for (let at = 0; at < text.length; at += 70_001) {
      writer.write(text.slice(at, at + 70_001));
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.end();
    expect(await run).toMatchObject({ loaded: 30_000, skipped: 0, failed: 0 });
    expect(target.urls.at(-1)).toBe(`http://10.0.${29_999 >> 8}.${29_999 & 255}:80`);
  });
});
