import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/index.ts';
import { cli, MemoryStream } from '../support/run-cli.ts';

/** Enough for four chunks of a file and sixteen batches. */
const ROWS = 8_000;
const address = (i: number): string => `10.0.${i >> 8}.${i & 255}:8080`;

/** Files with the same rows: one larger than a chunk, one smaller, and a JSON document, which is read as a whole. */
function makeFiles() {
  const root = makeTempDir(onTestFinished);
  const rows = Array.from({ length: ROWS }, (_, i) => ({ proxy_url: `http://${address(i)}`, source: 'somewhere' }));
  const texts = {
    'long.jsonl': rows.map((row) => JSON.stringify(row)).join('\n'),
    'short.txt': rows
      .slice(0, 4_000)
      .map((_, i) => address(i))
      .join('\n'),
    'whole.json': JSON.stringify(rows.slice(0, 4_000)),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(root, name), text);
  return root;
}

/** The lines drawn during an import, one per batch. The clock advances by a second each time it is read. */
async function drawn(root: string, name: string): Promise<{ percent: number | undefined; loaded: number }[]> {
  const [stdout, stderr] = [new MemoryStream(100), new MemoryStream(100)];
  let time = Date.now();
  const clock = { now: () => (time += 1000) };
  const argv = ['--dir', join(root, name.split('.')[0]!), 'import', join(root, name), '--ttl', '1000000'];
  expect(await run(argv, { stdout, stderr, env: {}, clock })).toBe(0);
  expect(stderr.text.endsWith('\r\u001b[2K')).toBe(true);
  return stderr.text
    .split('\r\u001b[2K')
    .slice(1, -1)
    .map((line) => {
      const [, percent, loaded] = /^\S+ {2}(?:[█░]{24} +(\d+) % {2})?([\d,]+) loaded$/.exec(line)!;
      return {
        percent: percent === undefined ? undefined : Number(percent),
        loaded: Number(loaded!.replaceAll(',', '')),
      };
    });
}

describe('a long import', () => {
  it('shows on a terminal how much is stored, not how much is read ahead', async () => {
    const updates = await drawn(makeFiles(), 'long.jsonl');
    expect(updates.length).toBeGreaterThan(5);
    const percents = updates.flatMap(({ percent }) => percent ?? []);
    expect(new Set(percents).size).toBeGreaterThan(8);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    for (const { percent, loaded } of updates) {
      if (percent === undefined) continue;
      expect(Math.abs(percent - (100 * loaded) / ROWS)).toBeLessThan(8);
      expect(percent).toBeLessThan(100);
    }
  });

  it.each(['short.txt', 'whole.json'])(
    'shows counts but no percentage if the file is read in one piece: %s',
    async (name) => {
      const updates = await drawn(makeFiles(), name);
      expect(updates.length).toBeGreaterThan(5);
      expect(updates.every(({ percent }) => percent === undefined)).toBe(true);
      expect(updates.map(({ loaded }) => loaded)).toEqual(updates.map((_, i) => Math.min(4_000, (i + 1) * 500)));
    },
  );

  it('draws nothing without a terminal', async () => {
    const root = makeFiles();
    const { out, err } = await cli(['--dir', join(root, 'a'), 'import', join(root, 'long.jsonl')]);
    expect(err).toBe('');
    expect(out).toMatch(/^\S+long\.jsonl: 8,000 loaded\n8,000 rows imported in .*\n$/);
  });
});
